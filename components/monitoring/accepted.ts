import type { AcceptedFinding } from "../kit/ledger.ts";
import { names, stackName } from "./shape.ts";

/** Findings of checks in the chart that are accepted, and why. */
export function acceptedFindings(namespace: string, nodesNamespace: string): AcceptedFinding[] {
  const ofCluster = "its targets belong to the cluster, and no plan contains them";
  return [
    {
      check: "GP010",
      object: `DaemonSet ${nodesNamespace}/${names.nodeExporter}`,
      reason: "node-exporter runs on every node, regardless of its other workloads",
    },
    {
      check: "GP050",
      object: `Deployment ${namespace}/${names.operator}`,
      reason:
        "Prometheus and Alertmanager keep running without their operator, and a second replica would only be a standby",
    },
    {
      check: "GP050",
      object: `Deployment ${namespace}/${names.stateMetrics}`,
      reason: "two replicas would count every object twice",
    },
    {
      check: "GP083",
      object: `DaemonSet ${nodesNamespace}/${names.nodeExporter}`,
      reason: "node-exporter reports the network interfaces of the node, so it is in the node's network",
    },
    { check: "GP093", object: `Service kube-system/${stackName}-*`, reason: ofCluster },
    { check: "GP093", object: `ServiceMonitor ${namespace}/${stackName}-apiserver`, reason: ofCluster },
    { check: "GP093", object: `ServiceMonitor ${namespace}/${stackName}-kubelet`, reason: ofCluster },
    {
      check: "GP095",
      object: `Deployment ${namespace}/${names.operator}`,
      reason: "the release's first Job creates the Secret with the webhook's certificate",
    },
  ];
}
