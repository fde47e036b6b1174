// Whether the hall works in routine or in emergency mode: said by the layer "hall", one row of it at a time.

/** @returns {{mode: string, incident: string | null, by: string, at: number} | undefined} the newest switch */
export const modeOf = ({ store }) => store.all("hall").reduce((a, b) => (a && a.at >= b.at ? a : b), undefined);

export const isEmergency = (hall) => modeOf(hall)?.mode === "emergency";
