/** Where the feature is whose card is open; null where there is none. */
class ChosenPlace {
  geometry = $state.raw<GeoJSON.Geometry | null>(null);
}

export const chosenPlace = new ChosenPlace();
