export function TailPage() { return null; }
