/** Which area or station the pointer is over, in the map or in the table. */
class Pointing {
  code = $state<string | null>(null);
}

export const pointing = new Pointing();
