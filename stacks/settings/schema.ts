import { z } from "zod";
import { key } from "./key.ts";
import type { Profile } from "./key.ts";
import { applicationsSection } from "./sections/applications.ts";
import { awsSection } from "./sections/aws.ts";
import { backupSection } from "./sections/backup.ts";
import { bucketsSection } from "./sections/buckets.ts";
import { certificatesSection } from "./sections/certificates.ts";
import { foundationSection } from "./sections/foundation.ts";
import { dnsSection } from "./sections/dns.ts";
import { monitoringSection } from "./sections/monitoring.ts";
import { confluenceSection } from "./sections/confluence.ts";
import { matrixSection } from "./sections/matrix.ts";
import { gatewaySection } from "./sections/gateway.ts";
import { midpointSection } from "./sections/midpoint.ts";
import { keycloakSection } from "./sections/keycloak.ts";
import { loggingSection } from "./sections/logging.ts";
import { nfsSection } from "./sections/nfs.ts";
import { postgresqlSection } from "./sections/postgresql.ts";
import { reviewSection } from "./sections/review.ts";
import { smokeSection } from "./sections/smoke.ts";
import { storageSection } from "./sections/storage.ts";
import { workflowsSection } from "./sections/workflows.ts";
import { worldcerealSection } from "./sections/worldcereal.ts";

/** Every setting of a stack, with the defaults of a profile. It is made once: making it takes longer than checking a file. */
export function settingsSchema(profile: Profile): ReturnType<typeof make> {
  const schema = made.get(profile) ?? make(profile);
  made.set(profile, schema);
  return schema;
}

const made = new Map<Profile, ReturnType<typeof make>>();

function make(profile: Profile) {
  return z.strictObject({
    profile: key(z.enum(["prod", "dev"]).default("prod"), {
      is: "What the defaults are sized for: `prod` keeps data and replicates, `dev` fits a laptop.",
      changing: "Every default below; from prod to dev, protection of data ends.",
    }),
    ...foundationSection(profile),
    ...awsSection(profile),
    ...storageSection(profile),
    ...nfsSection(profile),
    ...certificatesSection(profile),
    ...postgresqlSection(profile),
    ...bucketsSection(profile),
    ...backupSection(profile),
    ...smokeSection(),
    ...monitoringSection(profile),
    ...gatewaySection(profile),
    ...dnsSection(profile),
    ...midpointSection(profile),
    ...matrixSection(profile),
    ...confluenceSection(profile),
    ...keycloakSection(profile),
    ...loggingSection(profile),
    ...applicationsSection(),
    ...workflowsSection(profile),
    ...worldcerealSection(),
    ...reviewSection(),
  });
}

/** What a user may write. */
export type SettingsInput = z.input<ReturnType<typeof settingsSchema>>;

/** The settings with every default filled in. */
export type ParsedSettings = z.output<ReturnType<typeof settingsSchema>>;
