/** Which area or station the pointer is over, in the map or in the table. */
class Pointing {
  code = $state<string | null>(null);
  /** The rank of the blind spot that it is over in the map. */
  spot = $state<number | null>(null);
}

export const pointing = new Pointing();
