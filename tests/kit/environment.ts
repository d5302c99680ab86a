import * as pulumi from "@pulumi/pulumi";
import { Component } from "../../components/kit/component.ts";
import { defaultCluster } from "../../components/kit/environment.ts";
import type { Environment } from "../../components/kit/environment.ts";
import { Ledger } from "../../components/kit/ledger.ts";
import { plannedObjects } from "../../plan/objects.ts";
import { record } from "../../plan/recorder.ts";
import type { Recorded } from "../../plan/recorder.ts";

/** An environment for tests of single components. */
export function testEnvironment(changes: Partial<Environment> = {}): Environment {
  return {
    stack: "test",
    production: false,
    domain: "example.org",
    cluster: defaultCluster,
    placement: { nodeSelector: { pool: "system" }, tolerations: [] },
    images: {},
    storageClass: (role) => (role === "fast" ? "ssd" : undefined),
    scratchClass: (role) => (role === "fast" ? "ssd-scratch" : undefined),
    snapshotClass: () => undefined,
    charts: { kind: "upstream" },
    overrides: { values: {}, override: [] },
    rotation: {},
    checksumKey: pulumi.output("key"),
    namespaces: new Map(),
    ledger: new Ledger(),
    ...changes,
  };
}

/** A component without anything of its own. */
export class Empty extends Component {
  constructor(environment: Environment, label = "app") {
    super("test:Empty", label, "demo", environment, {});
  }
}

/** What a component makes: its resources, its objects with secrets as they are, and what it recorded. */
export async function made(
  build: (environment: Environment) => void,
  changes: Partial<Environment> = {},
): Promise<{ resources: readonly Recorded[]; objects: ReturnType<typeof plannedObjects>; ledger: Ledger }> {
  const { resources, result } = await record(
    () => {
      const environment = testEnvironment(changes);
      build(environment);
      return environment.ledger;
    },
    "test",
    { values: {}, secretKeys: [] },
  );
  return { resources, objects: plannedObjects(resources, ({ value }) => value), ledger: result };
}
