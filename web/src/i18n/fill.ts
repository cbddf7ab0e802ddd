/** Between Latin letters or figures and the Chinese that follows stands a space: 800 m 内, 45 分钟内. */
export const spacedOut = (text: string) => (/[\dA-Za-z%)]$/.test(text) ? `${text} ` : text);

/** Puts values in place of `{name}`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? String(values[name]) : whole));
}
