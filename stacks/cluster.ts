import { createRequire } from "node:module";
import { Provider } from "@pulumi/kubernetes/provider.js";
import type * as awsModule from "../components/aws/aws.ts";
import { awsArgs } from "./platform/aws.ts";
import { inAws } from "./platform/in-aws.ts";
import { neededOf } from "./settings/derive.ts";
import type { Settings } from "./settings/settings.ts";

/** A cluster, and the way to it. */
export interface ClusterAccess {
  readonly provider: Provider;
  /** What is below it, where the stack creates it. */
  readonly aws?: awsModule.Aws;
}

// A program is synchronous, so it cannot wait for an import. The SDK of AWS is loaded by stacks that use it, and by no other.
const require = createRequire(import.meta.url);
const load = () => require("../components/aws/aws.ts") as typeof awsModule;

/** Where the cluster comes from: a context that exists, or AWS. */
export function clusterOf(settings: Settings): ClusterAccess {
  const { context, kubeconfig } = settings.cluster;
  // Left out, it would become the text of KUBECONFIG: kept in the state, and read as one file even where it lists several.
  if (!inAws(settings)) return { provider: provider(settings, { kubeconfig: kubeconfig ?? "" }) };
  const aws = new (load().Aws)(awsArgs(settings, neededOf(settings)), context);
  return { aws, provider: provider(settings, { kubeconfig: aws.kubeconfig }, [aws]) };
}

/**
 * The one way to the cluster: it names its context, so that nothing reaches the cluster that happens to be selected.
 * Secrets and ConfigMaps with fixed names are updated in place instead of being deleted first.
 *
 * @param dependsOn what must exist before the first object: nodes and add-ons
 */
function provider(
  { cluster: { context }, stack }: Settings,
  { kubeconfig }: { readonly kubeconfig: string | awsModule.Aws["kubeconfig"] },
  dependsOn: awsModule.Aws[] = [],
): Provider {
  return new Provider(
    "kubernetes",
    {
      // Without it another address of the same API server, such as a tunnel's, would delete and remake every object.
      clusterIdentifier: stack,
      context,
      kubeconfig,
      enableConfigMapMutable: true,
      enableSecretMutable: true,
      enableServerSideApply: true,
    },
    { dependsOn },
  );
}
