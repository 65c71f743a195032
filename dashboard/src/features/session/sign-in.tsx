import { useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { SessionService } from "@/gen/faultline/admin/v1/admin_pb";
import { failure, isUnauthenticated } from "@/lib/errors";
import { useTitle } from "@/lib/title";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Mark } from "@/ui/mark";

/** Only addresses of this dashboard; anything else goes home. */
function safeNext(next: string | undefined): string {
  return next?.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}

export function SignInPage() {
  const { next } = useSearch({ from: "/sign-in" });
  const router = useRouter();
  const client = useQueryClient();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  useTitle("Sign in");
  const signIn = useMutation(SessionService.method.signIn, {
    onSuccess: () => {
      client.clear();
      router.history.push(safeNext(next));
    },
  });
  useEffect(() => document.querySelector<HTMLInputElement>("input[type=email]")?.focus(), []);

  const f = signIn.error ? failure(signIn.error) : undefined;
  const wrong = isUnauthenticated(signIn.error);
  return (
    <main className="grid min-h-dvh place-items-center px-4">
      <div className="w-full max-w-[340px] pb-[10vh]">
        <div className="mb-6 flex items-center gap-2.5">
          <Mark size={28} />
          <h1 className="text-title font-semibold">Sign in to Faultline</h1>
        </div>
        <form
          className="flex flex-col gap-4"
          onSubmit={(e) => {
            e.preventDefault();
            signIn.mutate({ email: email.trim(), password });
          }}
        >
          <Field
            label="E-mail"
            type="email"
            name="email"
            autoComplete="username"
            required
            value={email}
            onChange={(e) => setEmail(e.target.value)}
          />
          <Field
            label="Password"
            type="password"
            name="password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.target.value)}
          />
          {f && (
            <p role="alert" className="text-list text-error-ink">
              {wrong ? "E-mail or password is wrong." : `${f.title}: ${f.detail}.`}
              {f.requestId && !wrong && <span className="block text-meta text-muted">request {f.requestId}</span>}
            </p>
          )}
          <Button type="submit" kind="primary" busy={signIn.isPending} className="h-9">
            Sign in
          </Button>
        </form>
        <p className="mt-6 text-meta text-muted">
          The first start of the server prints the first login.{" "}
          {next && "You will come back to the page you asked for."}
        </p>
      </div>
    </main>
  );
}
