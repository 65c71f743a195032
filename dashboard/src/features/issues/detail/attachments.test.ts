import { create } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { AttachmentSchema } from "@/gen/faultline/event/v1/event_pb";
import { AttachmentFileSchema } from "@/gen/faultline/query/v1/attachment_pb";
import { shown } from "./attachments-model";

test("files that came stand first, then those that the event only speaks of", () => {
  const described = ["a.png", "b.log", "b.log"].map((filename, i) =>
    create(AttachmentSchema, { filename, size: BigInt(i), type: "event.attachment" }),
  );
  const files = [
    create(AttachmentFileSchema, { id: "1", filename: "b.log", size: 1n, contentType: "text/plain" }),
    create(AttachmentFileSchema, { id: "2", filename: "late.png", size: 9n, contentType: "image/png" }),
    create(AttachmentFileSchema, { id: "3", filename: "b.log", size: 2n, leftOut: "attachment_item_bytes" }),
  ];
  const list = shown(7, "e1", described, files);
  expect(list.map((f) => [f.name, f.href, f.missing, f.picture])).toEqual([
    ["b.log", "/api/v1/projects/7/events/e1/attachments/1", undefined, false],
    ["late.png", "/api/v1/projects/7/events/e1/attachments/2", undefined, true],
    ["b.log", undefined, "left out: larger than a file may be", false],
    ["a.png", undefined, "not kept", false],
  ]);
});
