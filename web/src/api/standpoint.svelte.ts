/** From where the city is looked at: as it is, or as a scenario (方案) makes it. */
class Standpoint {
  /** Number and version of the scenario, `7.12`; empty for the city as it is. A new version asks anew. */
  edition = $state('');
  /** Names what the city holds; other data ask anew. Empty for what the page began with. */
  data = $state('');
}

export const standpoint = new Standpoint();

/** The same address asked of the scenario. What is about scenarios or jobs themselves stays as it is. */
export function standing(path: string): string {
  const { edition } = standpoint;
  if (!edition || /\/api\/(scenarios|jobs|terms)\b/.test(path)) return path;
  return `${path}${path.includes('?') ? '&' : '?'}scenario=${edition}`;
}
