// Every layer's renderer, in one list; the names are those of the server's layers.

import { alarms } from "app/layers/alarms";
import { calls } from "app/layers/calls";
import { cameras } from "app/layers/cameras";
import { camera_groups } from "app/layers/camera_groups";
import { fire } from "app/layers/fire";
import { fire_spots } from "app/layers/fire_spots";
import { floods } from "app/layers/floods";
import { gas } from "app/layers/gas";
import { hall } from "app/layers/hall";
import { incidents } from "app/layers/incidents";
import { messages } from "app/layers/messages";
import { orders } from "app/layers/orders";
import { ponding } from "app/layers/ponding";
import { premises } from "app/layers/premises";
import { pumps } from "app/layers/pumps";
import { rain } from "app/layers/rain";
import { river } from "app/layers/river";
import { roster } from "app/layers/roster";
import { units } from "app/layers/units";
import { vehicles } from "app/layers/vehicles";
import { warning_feeds } from "app/layers/warning_feeds";
import { warnings } from "app/layers/warnings";

export const LAYERS = [incidents, orders, units, alarms, rain, river, ponding, pumps, cameras, gas, fire, premises, vehicles, fire_spots, warnings, warning_feeds, hall, floods, calls, roster, messages, camera_groups];
export const layerOf = (name) => LAYERS.find((layer) => layer.name === name);
