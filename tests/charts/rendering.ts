// Loaded before the tests by `npm run test:charts`: what they say of plans then holds for the objects of charts as well.
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { renderCharts } from "../plans.ts";

// The control plane's Helm serves where there is no other.
const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
process.env["PATH"] = [process.env["PATH"] ?? "", join(cache, "control-plane", "bin")].join(delimiter);

renderCharts();
