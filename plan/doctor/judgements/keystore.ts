import { commandLine } from "../../../components/kit/command-line.ts";
import { answered, listed, notKnown } from "../diagnosis.ts";
import type { Answer, Diagnosis } from "../diagnosis.ts";
import type { Needs } from "../needs.ts";
import type { KnownStack } from "../probes/state.ts";

const area = "storage";
const check = "midpoint-keystore";

type Asked = Pick<Needs, "keystore" | "kubectl" | "stack">;

/**
 * Whether midPoint gets a new key beside old data, which it could not decrypt. The keys of a stack whose state contains the keystore
 * are not new.
 */
export function judgeKeystore(
  state: Answer<KnownStack | "none">,
  claims: Answer<ReadonlySet<string>>,
  secrets: Answer<ReadonlySet<string>>,
  { keystore, kubectl, stack }: Asked,
): readonly Diagnosis[] {
  if (keystore === undefined) return [];
  const { name, namespace } = keystore;
  const full = `${namespace}/${name}`;
  if (!answered(state)) return [notKnown(check, area, "midPoint's keystore", state.why)];
  const known = state.got === "none" ? undefined : state.got;
  const isOwn = known?.objects.some((one) => one.kind === "Secret" && one.namespace === namespace && one.name === name);
  if (isOwn === true) return [{ check, area, level: "ok", found: `the state contains the keystore ${full}` }];
  if (!answered(secrets)) return [notKnown(check, area, `the Secret ${full}`, secrets.why)];
  const base = {
    check,
    area,
    needed: "the keys of the old keystore: midPoint cannot decrypt old data with a new key",
  } as const;
  if (secrets.got.has(full))
    return [
      {
        ...base,
        level: "fail",
        found: `the Secret ${full} exists and is not from this stack, which would create another key`,
        fix: 'import its keys, then follow docs/midpoint.md, "An existing keystore"',
        commands: [
          `${kubectl} get secret ${name} -n ${namespace} -o jsonpath='{.data.keystore\\.jceks}' | base64 -d > keystore.jceks`,
          commandLine("keystore", `--import keystore.jceks --stack ${stack}`),
        ],
      },
    ];
  if (!answered(claims)) return [notKnown(check, area, "the claims of midPoint and PostgreSQL", claims.why)];
  const there = (names: readonly string[]) => names.filter((one) => claims.got.has(one));
  const fix = 'import the keys of the old keystore.jceks (docs/midpoint.md, "An existing keystore")';
  const commands = [commandLine("keystore", `--import keystore.jceks --stack ${stack}`)];
  const nodes = there(keystore.claims.nodes);
  if (nodes.length > 0)
    return [
      {
        ...base,
        level: "fail",
        found: `the claims ${listed(nodes)} of an old midPoint exist, but the Secret ${full} does not: up would create another key`,
        fix: `${fix}, or delete the claims if nothing needs their data`,
        commands,
      },
    ];
  // A stack that manages the server knows whether it created midPoint's database before.
  const database = known === undefined || known.resources === 0 ? there(keystore.claims.database) : [];
  if (database.length > 0)
    return [
      {
        ...base,
        level: "fail",
        found: `the claims ${listed(database)} of an old PostgreSQL exist, but the Secret ${full} does not: up would create another key`,
        fix: `if it has a database of midPoint, ${fix}; otherwise set midpoint.enabled: false for the first up`,
        commands,
      },
    ];
  return [{ check, area, level: "ok", found: "the cluster has no old data of midPoint" }];
}
