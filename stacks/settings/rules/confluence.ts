import { besideHeap } from "../../../components/confluence/environment.ts";
import { formatBytes, parseBytes } from "../../../components/kit/quantities.ts";
import type { Path } from "../path.ts";
import { shown } from "../problems.ts";
import type { ParsedSettings } from "../schema.ts";
import { lowLimit, needsIdentityProvider, needsSwitch } from "./violation.ts";
import type { Violation } from "./violation.ts";

const at = (...rest: PropertyKey[]): Path => ["confluence", ...rest];

/** What Confluence needs of the stack. */
export function confluenceNeeds(settings: ParsedSettings): Violation[] {
  const { gateway, keycloak, postgresql, profile } = settings;
  const { database, login, replicas } = settings.confluence;
  const violations: Violation[] = [];
  if (!gateway.enabled)
    violations.push(
      needsSwitch(at("enabled"), "Confluence needs a gateway, but gateway.enabled is false", ["gateway", "enabled"]),
    );
  if (database.kind === "platform" && !postgresql.enabled)
    violations.push({
      path: at("database", "kind"),
      message: "needs the platform's PostgreSQL, but postgresql.enabled is false",
      got: shown(database.kind),
      accepts: "dedicated, or platform with postgresql.enabled: true",
      fix: { set: "dedicated" },
      relies: [["postgresql", "enabled"]],
    });
  if (replicas > 1)
    violations.push({
      path: at("replicas"),
      message: "Confluence has one home, which one process only can use: a second pod would damage its index",
      got: shown(replicas),
      accepts: "1, or 0 to stop it",
      fix: { remove: at("replicas") },
    });
  if (login === "platform" && !keycloak.enabled)
    violations.push(needsIdentityProvider(at("login"), login, "form, or platform with keycloak.enabled: true"));
  if (database.adminer.enabled) {
    const why = adminerProblem(profile, database.kind, keycloak.enabled);
    if (why !== undefined)
      violations.push({
        path: at("database", "adminer", "enabled"),
        message: why,
        got: "true",
        accepts: "false, or true in dev with database.kind: dedicated and keycloak.enabled: true",
        fix: { remove: at("database", "adminer", "enabled") },
        relies: [["profile"], at("database", "kind"), ["keycloak", "enabled"]],
      });
  }
  return violations;
}

function adminerProblem(profile: string, kind: string, hasLogin: boolean): string | undefined {
  if (profile === "prod") return "a user interface that can change every row of the database is not for prod";
  if (kind !== "dedicated") return "Adminer runs next to a dedicated server only";
  return hasLogin ? undefined : "Adminer needs the platform's login, but keycloak.enabled is false";
}

/** Sizes that depend on each other. */
export function confluenceSizes({ confluence }: ParsedSettings): Violation[] {
  const { database, heap, resources } = confluence;
  const low = [
    ...lowLimit(at("resources"), resources),
    ...(database.kind === "dedicated" ? lowLimit(at("database", "resources"), database.resources) : []),
  ];
  if (low.length > 0) return low;
  const room = parseBytes(resources.memoryLimit) - parseBytes(besideHeap);
  if (parseBytes(heap) <= room) return [];
  const least = formatBytes(parseBytes(heap) + parseBytes(besideHeap));
  return [
    {
      path: at("resources", "memoryLimit"),
      message: `leaves less than ${besideHeap} outside of the heap of ${heap}: Java would be OOM-killed under load`,
      got: shown(resources.memoryLimit),
      accepts: `at least ${least}`,
      fix: { set: least },
      relies: [at("heap"), at("resources", "memory")],
    },
  ];
}
