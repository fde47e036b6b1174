// The incident that the walls are locked on: its feature on the wire, its page of the API, and where it is.

import { Details, stampOf } from "app/details";

export class Scene {
  constructor(hall) {
    this.hall = hall;
    this.id = null;
    this.at = null;
  }

  get incident() {
    return this.hall.store.layer("incidents").get(this.id);
  }

  get page() {
    return this._details?.known.page;
  }

  /** @param {string | null} id null: no scene, routine mode */
  follow(id) {
    if (id !== this.id) {
      this.id = id;
      this.at = null;
      this._details = id && new Details({ page: `/api/v1/incidents/${id}` }, () => {});
    }
    if (!id) return;
    this._details.follow(stampOf(this.hall, id));
    const { lon, lat } = this.incident ?? {};
    const [x, y] = lon == null ? (this.page?.position ?? []) : [lon, lat];
    // One that was closed meanwhile keeps its place on the wall until a person ends the mode.
    if (x !== undefined && (this.at?.lon !== x || this.at?.lat !== y)) this.at = { lon: x, lat: y };
  }
}
