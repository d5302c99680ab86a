import type { AcceptedFinding } from "../kit/ledger.ts";
import { names, stackName } from "./shape.ts";

/** What checks of a plan hold against the chart, and why it stays. */
export function acceptedFindings(namespace: string, nodesNamespace: string): AcceptedFinding[] {
  const ofCluster = "its targets are the cluster's own, which no plan knows";
  return [
    {
      check: "GP010",
      object: `DaemonSet ${nodesNamespace}/${names.nodeExporter}`,
      reason: "every node is measured, whatever else runs on it",
    },
    {
      check: "GP050",
      object: `Deployment ${namespace}/${names.operator}`,
      reason: "Prometheus and Alertmanager run on without their operator, and a second one would only wait",
    },
    {
      check: "GP050",
      object: `Deployment ${namespace}/${names.stateMetrics}`,
      reason: "two would count every object twice",
    },
    { check: "GP093", object: `Service kube-system/${stackName}-*`, reason: ofCluster },
    { check: "GP093", object: `ServiceMonitor ${namespace}/${stackName}-apiserver`, reason: ofCluster },
    { check: "GP093", object: `ServiceMonitor ${namespace}/${stackName}-kubelet`, reason: ofCluster },
    {
      check: "GP095",
      object: `Deployment ${namespace}/${names.operator}`,
      reason: "the release's first Job makes the Secret with the webhook's certificate",
    },
  ];
}
