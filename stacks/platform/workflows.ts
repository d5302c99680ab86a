import type { WorkflowsArgs } from "../../components/workflows/workflows.ts";
import { serverLabels } from "../../components/workflows/workflows.ts";
import {
  releaseLabels,
  workflowsBucket,
  workflowsClient,
  workflowsDatabase,
} from "../../components/workflows/shape.ts";
import { callbackPath } from "../../components/workflows/values.ts";
import { workflowsWatched } from "../../components/workflows/watched.ts";
import { fullHost } from "../../components/kit/names.ts";
import { joined } from "../../components/kit/trust.ts";
import { processingNodes } from "../settings/names.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

export const workflowsPart: Part = {
  section: "workflows",
  on: ({ workflows }) => workflows.enabled,
  needs: ({ workflows: { host, namespace, processing } }) => ({
    namespaces: [
      { name: namespace },
      { name: processing.namespace, quota: processing.quota, limitRange: processing.resources },
    ],
    charts: ["argo-workflows"],
    databases: [workflowsDatabase],
    buckets: [workflowsBucket],
    clients: [workflowsClient],
    hosts: [{ host }],
    watched: [workflowsWatched(namespace, processing.namespace)],
  }),
};

/** What the settings say of Argo Workflows, as the component takes it. */
export function workflowsArgs(settings: Settings, offered: Offered): WorkflowsArgs {
  const { certificates, domain, workflowObjects: templates, workflows } = settings;
  const { buckets, gateway, identity, serviceMonitors } = offered;
  if (buckets === undefined || gateway === undefined || identity === undefined)
    throw new RangeError("Argo Workflows needs a bucket, a gateway and an identity provider");
  const { host, namespace, objectStoreCa, processing } = workflows;
  return {
    ...workflows,
    processing: { ...processing, ...processingNodes(settings) },
    database: offered.database({ name: workflowsDatabase, consumer: { namespace, labels: releaseLabels } }),
    bucket: buckets.bucket({ name: workflowsBucket, consumer: { namespace: processing.namespace } }),
    bucketAuthorities: objectStoreCa === "trust" ? joined(certificates.trust) : undefined,
    connectBucket: (from, purpose) => buckets.use(from, purpose),
    client: identity.client({
      ...workflowsClient,
      consumer: { namespace, labels: serverLabels(namespace) },
      redirectUris: [`https://${fullHost(host, domain)}${callbackPath}`],
    }),
    gateway,
    serviceMonitors,
    templates,
  };
}
