/** What catchments start from: stations, whole lines, or any places on the map. */
export type Choice =
  | { kind: 'station'; id: string }
  | { kind: 'line'; line: string }
  | { kind: 'place'; lon: number; lat: number };

/** 1234,line:3号线,@113.26441;23.12911: bare ids are stations, as in links from before. */
export function encodeChoices(choices: readonly Choice[]): string {
  return choices.map(encode).join(',');
}

function encode(choice: Choice): string {
  switch (choice.kind) {
    case 'station':
      return encodeURIComponent(choice.id);
    case 'line':
      return `line:${encodeURIComponent(choice.line)}`;
    case 'place':
      return `@${choice.lon};${choice.lat}`;
  }
}

/** What can be read of it, each once. */
export function decodeChoices(text: string): Choice[] {
  const found = text.split(',').filter(Boolean).map(decode);
  const known = found.filter((choice) => choice !== null);
  return known.filter((choice, i) => known.findIndex((other) => isSame(other, choice)) === i);
}

function decode(text: string): Choice | null {
  if (text.startsWith('line:')) return { kind: 'line', line: decoded(text.slice(5)) };
  if (!text.startsWith('@')) return { kind: 'station', id: decoded(text) };
  const [lon, lat] = text.slice(1).split(';').map(Number);
  const isPlace = lon !== undefined && lat !== undefined && Math.abs(lon) <= 180 && Math.abs(lat) <= 90;
  return isPlace ? { kind: 'place', lon, lat } : null;
}

export const isSame = (a: Choice, b: Choice) => encode(a) === encode(b);

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
