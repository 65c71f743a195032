import type { StreamParser } from "@codemirror/language";

/** How rules are coloured: comments, conditions, texts, variables, and what is done. */
export const rulesLanguage: StreamParser<unknown> = {
  token(stream) {
    if (stream.sol() && stream.match(/^\s*#.*/)) return "comment";
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/)) return "string";
    if (stream.match(/^\{\{.*?\}\}/)) return "variableName";
    if (stream.match(/^(?:->|\||\[|\]|!|[v^]?[+-](?:app|group)\b)/)) return "operator";
    if (stream.match(/^[a-z][\w.-]*(?=[:=])/)) return "propertyName";
    if (!stream.match(/^[\w.]+/)) stream.next();
    return null;
  },
};
