import { type FormEvent, useId, useState } from "react";
import { failure } from "@/lib/errors";
import { exact } from "@/lib/format";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";

/** How many events something may send: on average, and at once beyond that. 0 a second is no limit. */
export type Rate = { ratePerSecond: number; rateBurst: number };

/** A rate in words. */
export function rateWords({ ratePerSecond, rateBurst }: Rate): string {
  if (ratePerSecond === 0) return "no limit";
  const average = `at most ${ratePerSecond < 1 ? ratePerSecond : exact(Math.round(ratePerSecond))} events/s`;
  return rateBurst > 0 ? `${average}, ${exact(rateBurst)} at once` : average;
}

/** What was typed as a number; nothing typed is 0. */
const number = (text: string) => (text.trim() === "" ? 0 : Number(text));

const wrong = (text: string, whole: boolean) => {
  const n = number(text);
  if (!Number.isFinite(n) || n < 0) return "Give a number, or nothing for no limit.";
  if (whole && !Number.isInteger(n)) return "Give a whole number.";
};

type RateDialogProps = {
  /** Whose rate is changed; undefined: nobody's, the dialog is closed. */
  what: string | undefined;
  about: string;
  rate: Rate;
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onSave: (rate: Rate) => void;
};

/** Changes how many events something may send. */
export function RateDialog({ what, about, busy, onClose, ...form }: RateDialogProps) {
  const id = useId();
  return (
    <Dialog
      open={what !== undefined}
      onClose={onClose}
      title={`Rate of ${what ?? ""}`}
      description={about}
      actions={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" type="submit" form={id} busy={busy}>
            Save rate
          </Button>
        </>
      }
    >
      {what !== undefined && <RateForm id={id} {...form} />}
    </Dialog>
  );
}

function RateForm({ id, rate, error, onSave }: { id: string } & Pick<RateDialogProps, "rate" | "error" | "onSave">) {
  const [average, setAverage] = useState(rate.ratePerSecond === 0 ? "" : String(rate.ratePerSecond));
  const [burst, setBurst] = useState(rate.rateBurst === 0 ? "" : String(rate.rateBurst));
  const wrongAverage = wrong(average, false);
  const wrongBurst = wrong(burst, true);
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (!wrongAverage && !wrongBurst) onSave({ ratePerSecond: number(average), rateBurst: number(burst) });
  };
  return (
    <form id={id} className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="Events a second, on average"
        value={average}
        inputMode="decimal"
        placeholder="No limit"
        onChange={(e) => setAverage(e.target.value)}
        error={wrongAverage ?? (error ? failure(error).detail : undefined)}
      />
      <Field
        label="At once beyond that"
        value={burst}
        inputMode="numeric"
        placeholder="0"
        hint="A program that fails sends many events in a moment; these are taken as well."
        onChange={(e) => setBurst(e.target.value)}
        error={wrongBurst}
      />
    </form>
  );
}
