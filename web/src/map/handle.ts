import { Marker, type Map as MapLibre } from 'maplibre-gl';
import { ACCENT } from './ground.ts';

/** A ring around a place that can be dragged elsewhere; returns what takes it away. */
export function showHandle(map: MapLibre, [lon, lat]: [number, number], title: string, dropped: (lon: number, lat: number) => void): () => void {
  const element = document.createElement('div');
  element.title = title;
  element.className = 'place-handle';
  Object.assign(element.style, { width: '26px', height: '26px', borderRadius: '50%', border: `3px solid ${ACCENT}`, background: 'rgba(255,255,255,.35)', cursor: 'grab' });
  const marker = new Marker({ element, draggable: true }).setLngLat([lon, lat]).addTo(map);
  marker.on('dragend', () => {
    const { lng, lat } = marker.getLngLat();
    dropped(Number(lng.toFixed(6)), Number(lat.toFixed(6)));
  });
  return () => marker.remove();
}
