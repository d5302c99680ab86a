import type { Case } from "./case.ts";
import { archiveCases } from "./archives.ts";
import { availabilityCases } from "./availability.ts";
import { awsCases } from "./aws.ts";
import { backupCases } from "./backups.ts";
import { budgetCases } from "./budgets.ts";
import { claimCases } from "./claims.ts";
import { edgeCases } from "./edge.ts";
import { imageCases } from "./images.ts";
import { issuerCases } from "./issuers.ts";
import { keystoreCases } from "./keystore.ts";
import { objectCases } from "./objects.ts";
import { overrideCases } from "./overrides.ts";
import { ownerCases } from "./owners.ts";
import { peopleCases } from "./people.ts";
import { pinCases } from "./pins.ts";
import { podCases } from "./pods.ts";
import { readingCases } from "./readings.ts";
import { reachCases } from "./reach.ts";
import { secretCases } from "./secrets.ts";
import { volumeCases } from "./volumes.ts";
import { workflowCases } from "./workflows.ts";

/** Every case of every check. */
export const cases: readonly Case[] = [
  ...podCases,
  ...pinCases,
  ...imageCases,
  ...budgetCases,
  ...availabilityCases,
  ...secretCases,
  ...backupCases,
  ...archiveCases,
  ...edgeCases,
  ...peopleCases,
  ...reachCases,
  ...ownerCases,
  ...objectCases,
  ...overrideCases,
  ...volumeCases,
  ...claimCases,
  ...readingCases,
  ...issuerCases,
  ...keystoreCases,
  ...awsCases,
  ...workflowCases,
];
