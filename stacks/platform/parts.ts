import { applicationsPart } from "./applications.ts";
import { awsPart } from "./aws.ts";
import { certificatesPart } from "./certificates.ts";
import { backupPart } from "./backup.ts";
import { bucketsPart, postgresPart } from "./databases.ts";
import { dnsPart } from "./dns.ts";
import { gatewayPart } from "./gateway.ts";
import { confluencePart } from "./confluence.ts";
import { keycloakPart } from "./keycloak.ts";
import { loggingPart } from "./logging.ts";
import { matrixPart } from "./matrix.ts";
import { midpointPart } from "./midpoint.ts";
import { definitionsPart, monitoringPart } from "./monitoring.ts";
import { nfsServerPart, provisionerPart } from "./nfs.ts";
import type { Part } from "./part.ts";
import { registryPart } from "./registry.ts";
import { smokePart } from "./smoke.ts";
import { veleroPart } from "./velero.ts";
import { workflowsPart } from "./workflows.ts";

/** The parts that the platform brings along. */
export const components: readonly Part[] = [
  registryPart,
  nfsServerPart,
  provisionerPart,
  certificatesPart,
  awsPart,
  postgresPart,
  gatewayPart,
  dnsPart,
  keycloakPart,
  bucketsPart,
  definitionsPart,
  loggingPart,
  monitoringPart,
  midpointPart,
  matrixPart,
  confluencePart,
  workflowsPart,
  backupPart,
  veleroPart,
  smokePart,
];

/** All parts of a stack: the components, and the applications that the settings declare. */
export const parts: readonly Part[] = [...components, applicationsPart];
