import { splitDsn } from "@/lib/dsn";
import type { Platform } from "./search";

export type Step = { title: string; text?: string; lang: string; code: string };

/** The exact lines for a platform, with this project's DSN in them. */
export function steps(platform: Platform, dsn: string): Step[] {
  const d = splitDsn(dsn);
  switch (platform) {
    case "go":
      return [
        { title: "Add the SDK to your module", lang: "bash", code: "go get github.com/faultline-dev/faultline/sdk-go" },
        {
          title: "Start it in main, and send something",
          text: "Init returns an error only for a DSN that cannot be read. Flush waits until the server has stored what is under way.",
          lang: "go",
          code: `package main

import (
	"errors"
	"log"
	"time"

	faultline "github.com/faultline-dev/faultline/sdk-go"
)

func main() {
	err := faultline.Init(faultline.ClientOptions{
		Dsn: "${dsn}",
	})
	if err != nil {
		log.Fatal(err)
	}
	defer faultline.Flush(2 * time.Second)

	faultline.CaptureException(errors.New("hello from Go"))
}`,
        },
        {
          title: "Catch panics",
          text: "Put this at the top of main and of each goroutine. It reports the panic, which ends there; with the option Repanic it goes on.",
          lang: "go",
          code: "defer faultline.Recover()",
        },
      ];
    case "curl":
      return [
        {
          title: "Send an event over REST",
          text: "The answer says what became of each event. With OUTCOME_STORED it is already in the list of issues.",
          lang: "bash",
          code: `curl ${d?.base ?? ""}/api/v1/projects/${d?.project ?? ""}/events:batch \\
  -H 'Authorization: Bearer ${d?.key ?? ""}' \\
  -H 'Content-Type: application/json' \\
  -d '{
    "events": [{
      "level": "LEVEL_ERROR",
      "platform": "other",
      "exceptions": [{"type": "HelloError", "value": "hello from curl"}],
      "tags": {"shell": "bash"}
    }]
  }'`,
        },
      ];
    case "cli":
      return [
        {
          title: "Send an event from a shell or a script",
          text: "It prints the event's id once it is stored, and fails if it was not.",
          lang: "bash",
          code: `faultline send --dsn '${dsn}' --message 'hello from the shell'`,
        },
        {
          title: "In a cron job, when something fails",
          lang: "bash",
          code: `./backup.sh || faultline send --dsn '${dsn}' --level fatal --message 'backup failed'`,
        },
      ];
  }
}
