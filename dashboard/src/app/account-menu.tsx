import { useMutation } from "@connectrpc/connect-query";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Keyboard, LogOut, Search, UserRound } from "lucide-react";
import { SessionService } from "@/gen/faultline/admin/v1/admin_pb";
import { useSession } from "@/lib/current";
import { failure, isUnauthenticated } from "@/lib/errors";
import { modKey } from "@/lib/hotkeys";
import { prefs, usePrefs } from "@/lib/prefs";
import { IconButton } from "@/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLine } from "@/ui/menu";
import { toast } from "@/ui/toast";

export function useSignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation(SessionService.method.signOut, {
    onSuccess: () => {
      client.clear();
      void navigate({ to: "/sign-in", search: { next: undefined } });
    },
    onError: (err) =>
      isUnauthenticated(err) ||
      toast({ bad: true, text: "You are still signed in", detail: `${failure(err).title}: ${failure(err).detail}` }),
  });
}

/** Who is signed in, and how the dashboard looks to them. */
export function AccountMenu({ onPalette, onHelp }: { onPalette: () => void; onHelp: () => void }) {
  const { member, organization, version } = useSession();
  const { theme, density, zone } = usePrefs();
  const signOut = useSignOut();
  return (
    <>
      <IconButton label={`Go to anything (${modKey} K)`} onClick={onPalette}>
        <Search size={15} />
      </IconButton>
      <Menu
        align="end"
        trigger={
          <IconButton label="Account">
            <UserRound size={15} />
          </IconButton>
        }
      >
        <div className="px-2 py-1.5">
          <div className="text-list font-medium">{member?.name || member?.email}</div>
          <div className="text-meta text-muted">
            {member?.email} · {member?.role} of {organization?.name}
          </div>
        </div>
        <MenuLine />
        <MenuChoice
          label="Theme"
          value={theme}
          onChange={(v) => prefs.set({ theme: v })}
          options={[
            { id: "system", label: "As the system" },
            { id: "light", label: "Light" },
            { id: "dark", label: "Dark" },
          ]}
        />
        <MenuLine />
        <MenuChoice
          label="Rows"
          value={density}
          onChange={(v) => prefs.set({ density: v })}
          options={[
            { id: "comfortable", label: "Comfortable" },
            { id: "compact", label: "Compact" },
          ]}
        />
        <MenuLine />
        <MenuChoice
          label="Times"
          value={zone}
          onChange={(v) => prefs.set({ zone: v })}
          options={[
            { id: "local", label: Intl.DateTimeFormat().resolvedOptions().timeZone },
            { id: "utc", label: "UTC" },
          ]}
        />
        <MenuLine />
        <MenuItem icon={<Keyboard size={14} />} hint="?" onClick={onHelp}>
          Keyboard
        </MenuItem>
        <MenuItem icon={<LogOut size={14} />} onClick={() => signOut.mutate({})}>
          Sign out
        </MenuItem>
        <div className="px-2 pt-1 pb-1.5 text-meta text-muted">Faultline {version}</div>
      </Menu>
    </>
  );
}
