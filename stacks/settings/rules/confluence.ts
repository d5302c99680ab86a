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
  const { database, login } = settings.confluence;
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
  violations.push(...nodes(settings));
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

/**
 * Drivers whose file systems are on one node at a time: they offer ReadWriteMany for block devices alone (aws-ebs-csi-driver,
 * docs/multi-attach.md; kubernetes/cloud-provider-openstack#1367).
 */
const singleNodeDrivers: readonly string[] = ["cinder.csi.openstack.org", "ebs.csi.aws.com"];

/** Why claims of the role `shared` cannot be on several nodes, as far as the settings tell. */
function sharedClassProblem({ classes, roles }: ParsedSettings["storage"]): string | undefined {
  if (roles.shared === undefined) return "storage.roles.shared names no class for it";
  const driver = classes.find(({ name }) => name === roles.shared)?.provisioner ?? "";
  if (!singleNodeDrivers.includes(driver)) return undefined;
  return `the driver ${driver} of the class ${roles.shared} mounts a volume on one node only`;
}

/** What more than one node needs, and in which order. */
function nodes({ confluence, storage }: ParsedSettings): Violation[] {
  const { backups, cluster, replicas } = confluence;
  if (cluster === undefined) {
    if (replicas < 2) return [];
    return [
      {
        path: at("replicas"),
        message: "one process only can use the home of a Confluence without a cluster",
        got: shown(replicas),
        accepts: "1, 0 to stop it, or more with confluence.cluster",
        fix: { set: 1 },
        relies: [at("cluster")],
      },
    ];
  }
  const violations: Violation[] = [];
  const lacking = cluster.sharedHome === undefined ? sharedClassProblem(storage) : undefined;
  if (lacking !== undefined)
    violations.push({
      path: at("cluster", "sharedHome"),
      message: `is missing: the nodes need a home that all of them can write to, and ${lacking}`,
      accepts: "an exported folder, or none with storage.roles.shared, the name of a class that offers ReadWriteMany",
      fix: "set it to { server: nfs.example.org, path: /confluence }, or set storage.roles.shared",
      relies: [
        ["storage", "roles", "shared"],
        ["storage", "classes", "*", "provisioner"],
      ],
    });
  if (replicas > 1 && !cluster.setupFinished)
    violations.push({
      path: at("replicas"),
      message:
        "a second node may start only when the setup in the browser is finished: during it, the database is empty",
      got: shown(replicas),
      accepts: "1 until https://HOST/status answers RUNNING; then more, with confluence.cluster.setupFinished: true",
      fix: { set: 1 },
      relies: [at("cluster", "setupFinished")],
    });
  if (backups !== undefined && !cluster.moveHome)
    violations.push({
      path: at("backups"),
      message: "nodes of a cluster write their backups to the shared home",
      got: shown(backups),
      accepts: "no folder, or the one of the Confluence that cluster.moveHome moves",
      fix: { remove: at("backups") },
      relies: [at("cluster", "moveHome")],
    });
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
