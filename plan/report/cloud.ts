import { at, list, records, text, textAt, textMap, whole } from "../../components/kit/unknown.ts";
import { cloudResources } from "../cloud.ts";
import type { CloudResource } from "../cloud.ts";
import type { Recorded } from "../recorder.ts";
import type { Box, Graph, Link } from "./picture.ts";

const group = "cloud";

/** The pictures' boxes for what is below the cluster; none for a stack that has nothing there. */
export function cloudOf(resources: readonly Recorded[]): Graph {
  const all = cloudResources(resources);
  const ofKind = (kind: string) => all.filter((one) => one.kind === kind);
  const [vpc] = ofKind("Vpc");
  if (vpc === undefined) return { boxes: [], groups: [], links: [] };
  const provider = resources.find(({ type }) => type === "pulumi:providers:aws");
  const boxes = [
    box("network", "VPC", [
      text(vpc.inputs["cidrBlock"]) ?? "",
      counted(ofKind("NatGateway"), "NAT gateway"),
      counted(ofKind("VpcEndpoint"), "endpoint"),
    ]),
    ...ofKind("Cluster").map(({ inputs }) =>
      box("cluster", `EKS ${text(inputs["name"]) ?? ""}`, [
        `Kubernetes ${text(inputs["version"]) ?? ""}`,
        at(inputs, "vpcConfig", "endpointPublicAccess") === true
          ? `API for ${list(at(inputs, "vpcConfig", "publicAccessCidrs")).join(", ")}`
          : "API inside the VPC only",
      ]),
    ),
    ...ofKind("NodeGroup").map(nodes),
    ...ofKind("Bucket").map(({ inputs, name }) => box(`bucket/${name}`, text(inputs["bucket"]) ?? name, ["S3 bucket"])),
    ...ofKind("FileSystem").map(() => box("files", "EFS", ["shared volumes"])),
    ...ofKind("Zone").map(({ inputs }) => box("zone", text(inputs["name"]) ?? "", ["Route 53 zone"])),
    ...(ofKind("Repository").length > 0
      ? [box("repositories", "ECR", [counted(ofKind("Repository"), "repository", "repositories")])]
      : []),
    ...ofKind("Key").map(() => box("key", "KMS key", ["Secrets, volumes, files"])),
  ];
  const has = (id: string) => boxes.some((one) => one.id === id);
  const links = [
    ...ofKind("NodeGroup").map(({ name }) => link(`node/${name}`, "cluster", "kubelets", "443")),
    ...ofKind("NodeGroup").map(({ name }) => link(`node/${name}`, "files", "NFS", "2049")),
    link("cluster", "key", "encrypts Secrets", ""),
    link("files", "key", "encrypts files", ""),
  ].filter(({ from, to }) => has(from) && has(to));
  const region = text(provider?.inputs["region"]) ?? "";
  return { boxes, groups: [{ id: group, title: `AWS ${region}`, lines: [] }], links };
}

function box(id: string, title: string, lines: readonly string[]): Box {
  return { id: `${group}/${id}`, kind: "cloud", title, lines: lines.filter((line) => line !== ""), group };
}

function nodes({ inputs, name }: CloudResource): Box {
  const { minSize, maxSize } = (inputs["scalingConfig"] ?? {}) as Record<string, unknown>;
  const [least, most] = [whole(minSize) ?? 0, whole(maxSize) ?? 0];
  const [type = "", ...more] = list(inputs["instanceTypes"]).map(String);
  const labels = Object.entries(textMap(inputs["labels"])).map(([key, value]) => `${key}=${value}`);
  const taints = records(inputs["taints"]).map((taint) => `taint ${textAt(taint, "key") ?? ""}`);
  return box(`node/${name}`, `${least === most ? least : `${least}–${most}`} nodes ${name}`, [
    `${type}${more.length > 0 ? ` +${more.length}` : ""}, ${inputs["capacityType"] === "SPOT" ? "spot" : "on demand"}`,
    ...labels,
    ...taints,
  ]);
}

function link(from: string, to: string, purpose: string, port: string): Link {
  const ends = { from: `${group}/${from}`, to: `${group}/${to}` };
  const ports = port === "" ? [] : [port];
  return { id: `${group}/${from}/${to}`, ...ends, kind: "connection", purposes: [purpose], ports };
}

function counted(all: readonly unknown[], one: string, many = `${one}s`): string {
  return all.length === 0 ? "" : `${all.length} ${all.length === 1 ? one : many}`;
}
