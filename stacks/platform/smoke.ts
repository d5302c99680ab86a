import type { Ledger } from "../../components/kit/ledger.ts";
import type { SmokeTestsArgs } from "../../components/smoke/smoke.ts";
import { shareClass } from "../../components/nfs/shares.ts";
import type { Postgres } from "../../components/postgres/postgres.ts";
import type { ParsedSettings } from "../settings/schema.ts";
import type { Settings } from "../settings/settings.ts";
import { classesOf, scratchOf } from "./nfs.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

const smokeNamespace = "smoke-tests";

export const smokePart: Part = {
  on: ({ smokeTests }) => smokeTests,
  // Shared folders, buckets and databases are tested in the namespaces of their consumers.
  needs: (settings) => ({ namespaces: testedClasses(settings).length === 0 ? [] : [{ name: smokeNamespace }] }),
};

/** Every class of the stack; those of NFS shares and of the role `shared` are for several nodes. */
function testedClasses(settings: ParsedSettings): SmokeTestsArgs["classes"] {
  const { nfs, storage } = settings;
  const shared = new Set([storage.roles.shared, ...nfs.shares.map(({ name }) => shareClass(name))]);
  return classesOf(settings).map(({ name }) => ({
    name,
    tested: scratchOf(settings, name) ?? name,
    shared: shared.has(name),
  }));
}

/** What there is to test, once all components exist. */
export function smokeArgs(
  settings: Settings,
  {
    buckets,
    ledger,
    postgres,
    trust,
  }: Pick<Offered, "buckets" | "trust"> & {
    readonly ledger: Ledger;
    readonly postgres?: Postgres;
  },
): SmokeTestsArgs {
  const purpose = "smoke test";
  return {
    namespace: smokeNamespace,
    classes: testedClasses(settings),
    folders: ledger.folders,
    buckets: buckets?.made ?? [],
    databases: postgres?.made ?? [],
    connect: {
      bucket: (peer) => buckets?.connect(peer, purpose),
      database: (peer) => postgres?.connect(peer, purpose),
    },
    trusted: (namespace) => trust?.in(namespace),
  };
}
