import { BookmarkPlus, X } from "lucide-react";
import { useState } from "react";
import { saved, useSaved } from "@/lib/saved";
import { Button, IconButton } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { TabBar, tabClass } from "@/ui/tabs";
import { defaultQuery } from "../search";
import { ListLink } from "./link";

const builtIn = [
  { name: "Unresolved", query: defaultQuery },
  { name: "For me", query: "is:unresolved assigned:me" },
  { name: "Regressed", query: "is:regressed" },
  { name: "Escalating", query: "is:escalating" },
  { name: "Archived", query: "is:archived" },
  { name: "All", query: "" },
];

/** Where searches over all projects are kept; no slug looks like it. */
const ALL = "*";

/** Saved searches, as tabs: those everybody has, then one's own. */
export function IssueTabs({ project, query }: { project: string | undefined; query: string }) {
  const place = project ?? ALL;
  const own = useSaved(place);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const tabs = [...builtIn, ...own];
  const known = tabs.some((t) => t.query === query);
  const save = () => {
    if (!name.trim()) return;
    saved.add(place, { name: name.trim(), query });
    setNaming(false);
    setName("");
  };
  return (
    <>
      <TabBar
        label="Saved searches"
        end={
          !known && (
            <Button kind="quiet" icon={<BookmarkPlus size={14} aria-hidden />} onClick={() => setNaming(true)}>
              Save search
            </Button>
          )
        }
      >
        {tabs.map((t) => {
          const active = t.query === query;
          const mine = own.some((o) => o.name === t.name);
          return (
            <span key={t.name} className="flex items-center">
              <ListLink
                project={project}
                search={(prev) => ({ ...prev, query: t.query === defaultQuery ? undefined : t.query })}
                aria-current={active ? "page" : undefined}
                className={tabClass(active)}
              >
                {t.name}
              </ListLink>
              {mine && active && (
                <IconButton
                  label={`Forget the search ${t.name}`}
                  className="!h-6 !w-6"
                  onClick={() => saved.remove(place, t.name)}
                >
                  <X size={12} />
                </IconButton>
              )}
            </span>
          );
        })}
      </TabBar>
      <Dialog
        open={naming}
        onClose={() => setNaming(false)}
        title="Save this search"
        description={`It becomes a tab of ${project ? "this project" : "all projects"}, in this browser.`}
        actions={
          <>
            <Button onClick={() => setNaming(false)}>Cancel</Button>
            <Button kind="primary" disabled={!name.trim()} onClick={save}>
              Save
            </Button>
          </>
        }
      >
        <form
          onSubmit={(e) => {
            e.preventDefault();
            save();
          }}
        >
          <Field
            label="Name"
            value={name}
            onChange={(e) => setName(e.target.value)}
            placeholder="Payments in production"
            hint={<code className="font-mono">{query}</code>}
          />
        </form>
      </Dialog>
    </>
  );
}
