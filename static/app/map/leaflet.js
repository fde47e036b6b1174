// The only file that says L: the seam to a Leaflet that is a module.
export const L = window.L;
export const protomaps = window.protomapsL;
