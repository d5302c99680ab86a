import { cases } from "../checks/cases/all.ts";
import { describePack } from "./cases.ts";

describePack(cases);
