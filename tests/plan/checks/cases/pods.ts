import { containerOf, object, one, podOf, remove } from "../draft.ts";
import { job } from "../good.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";

/** Cases of plan/checks/pods.ts. */
export const podCases: readonly Case[] = [
  {
    id: "GP010",
    name: "another node pool",
    when: (draft) => (podOf(draft, web).nodeSelector = { pool: "gpu" }),
    finds: [[web, /selects no nodes by pool=system/]],
    also: ["GP042"],
  },
  {
    id: "GP010",
    name: "an operator's pods on other nodes",
    when: (draft) => delete one(draft, "Cluster app/db").manifest.spec.affinity.nodeSelector,
    finds: [["Cluster app/db", /selects no nodes/]],
  },
  {
    id: "GP010",
    name: "a stack that names no nodes",
    when: (draft) => {
      draft.settings["placement"] = { nodeSelector: {} };
      delete podOf(draft, web).nodeSelector;
    },
    finds: [],
  },
  {
    id: "GP011",
    name: "no memory limit",
    when: (draft) => delete containerOf(draft, web).resources.limits,
    finds: [[web, /lacks limits.memory/]],
  },
  {
    id: "GP011",
    name: "an init container without requests",
    when: (draft) => {
      podOf(draft, web).initContainers = [{ ...containerOf(draft, web), name: "init", resources: {} }];
    },
    finds: [[web, /lacks requests.cpu, requests.memory, limits.memory/]],
  },
  {
    id: "GP012",
    name: "no readiness probe",
    when: (draft) => delete containerOf(draft, web).readinessProbe,
    finds: [[web, /lacks readinessProbe/]],
  },
  {
    id: "GP012",
    name: "a Job without probes",
    when: (draft) => {
      const made = job("app/once", "docker.io/example/once:1.0");
      made.manifest.spec.template.spec.containers[0].readinessProbe = undefined;
      made.manifest.spec.template.spec.containers[0].ports = [{ containerPort: 80 }];
      draft.objects.push(made);
    },
    finds: [],
  },
  {
    id: "GP013",
    name: "a root user and a host path",
    when: (draft) => {
      podOf(draft, web).securityContext.runAsUser = 0;
      podOf(draft, web).volumes = [{ name: "host", hostPath: { path: "/" } }];
    },
    finds: [
      [web, /has a volume of kind hostPath/],
      [web, /runs as user 0/],
    ],
  },
  {
    id: "GP013",
    name: "capabilities, of which baseline allows one",
    when: (draft) => {
      containerOf(draft, web).securityContext.capabilities.add = ["NET_BIND_SERVICE", "CHOWN"];
      containerOf(draft, "Deployment app/logs").securityContext.capabilities.add = ["SYS_ADMIN"];
      draft.ledger.exemptions.push({ namespace: "app", level: "baseline", reason: "it owns what it serves" });
    },
    finds: [["Deployment app/logs", /^adds capabilities$/]],
  },
  {
    id: "GP013",
    name: "a volume of a server, which baseline allows, and one of the node, which it does not",
    when: (draft) => {
      draft.ledger.exemptions.push({ namespace: "app", level: "baseline", reason: "it owns what it serves" });
      podOf(draft, web).volumes = [
        { name: "a", nfs: { server: "nfs.example.org", path: "/" } },
        { name: "b", hostPath: { path: "/" } },
      ];
    },
    finds: [[web, /^has a volume of kind hostPath$/]],
  },
  {
    id: "GP013",
    name: "the one capability that restricted allows",
    when: (draft) => (containerOf(draft, web).securityContext.capabilities.add = ["NET_BIND_SERVICE"]),
    finds: [],
  },
  {
    id: "GP013",
    name: "the node's network, a host port and no seccomp",
    when: (draft) => {
      podOf(draft, web).hostNetwork = true;
      containerOf(draft, web).ports[0].hostPort = 80;
      containerOf(draft, web).securityContext.seccompProfile = { type: "Unconfined" };
    },
    finds: [
      [web, /^uses hostNetwork$/],
      [web, /^runs without seccomp$/],
      [web, /^uses a host port$/],
    ],
    also: ["GP083"],
  },
  {
    id: "GP013",
    name: "a privileged container, though the ledger allows baseline",
    when: (draft) => {
      draft.ledger.exemptions.push({ namespace: "app", level: "baseline", reason: "it serves files to nodes" });
      containerOf(draft, web).securityContext.privileged = true;
    },
    finds: [[web, /is privileged/]],
  },
  {
    id: "GP013",
    name: "a root user where the ledger allows baseline",
    when: (draft) => {
      draft.ledger.exemptions.push({ namespace: "app", level: "baseline", reason: "it serves files to nodes" });
      podOf(draft, web).securityContext.runAsUser = 0;
    },
    finds: [],
  },
  {
    id: "GP014",
    name: "the default account's token",
    when: (draft) => delete podOf(draft, web).automountServiceAccountToken,
    finds: [[web, /mounts the token/]],
  },
  {
    id: "GP014",
    name: "the token of an account of its own",
    when: (draft) => {
      draft.objects.push(object("v1", "ServiceAccount", "app/web", {}));
      Object.assign(podOf(draft, web), { automountServiceAccountToken: true, serviceAccountName: "web" });
    },
    finds: [],
  },
  {
    id: "GP015",
    name: "a writable image",
    when: (draft) => (containerOf(draft, web).securityContext.readOnlyRootFilesystem = false),
    finds: [[web, /has a writable root filesystem/]],
  },
  {
    id: "GP016",
    name: "a liveness probe that gives up after half a minute",
    when: (draft) => (containerOf(draft, web).livenessProbe.initialDelaySeconds = undefined),
    finds: [[web, /the liveness probe fails after 30 s/]],
  },
  {
    id: "GP016",
    name: "the same behind a startup probe",
    when: (draft) => {
      containerOf(draft, web).livenessProbe.initialDelaySeconds = undefined;
      containerOf(draft, web).startupProbe = { failureThreshold: 30 };
    },
    finds: [],
  },
  {
    id: "GP016",
    name: "a Job with such a probe",
    when: (draft) => {
      const made = job("app/once", "docker.io/example/once:1.0");
      made.manifest.spec.template.spec.containers[0].livenessProbe = { periodSeconds: 1 };
      draft.objects.push(made);
    },
    finds: [],
  },
  {
    id: "GP017",
    name: "a namespace that enforces baseline",
    when: (draft) =>
      (one(draft, "Namespace app").manifest.metadata.labels["pod-security.kubernetes.io/enforce"] = "baseline"),
    finds: [["Namespace app", /enforces baseline without a reason/]],
  },
  {
    id: "GP017",
    name: "a namespace that enforces privileged for a reason",
    when: (draft) => {
      draft.ledger.exemptions.push({ namespace: "app", level: "privileged", reason: "it mounts the node's disks" });
      one(draft, "Namespace app").manifest.metadata.labels["pod-security.kubernetes.io/enforce"] = "privileged";
    },
    finds: [],
  },
  {
    id: "GP083",
    name: "a pod in the network of its node",
    when: (draft) => {
      podOf(draft, web).hostNetwork = true;
    },
    finds: [[web, /^is in the network of its node/]],
    also: ["GP013"],
  },
  {
    id: "GP013",
    name: "a probe with a host, and a sysctl that is safe since Kubernetes 1.32",
    when: (draft) => {
      const container = containerOf(draft, web);
      container.readinessProbe = { httpGet: { host: "192.0.2.1", path: "/", port: 80 } };
      podOf(draft, web).securityContext.sysctls = [{ name: "net.ipv4.tcp_rmem", value: "4096 87380 16777216" }];
    },
    finds: [[web, /^has a probe or lifecycle hook with a host$/]],
  },
  {
    id: "GP013",
    name: "a hook with a host, and a sysctl of the node",
    when: (draft) => {
      containerOf(draft, web).lifecycle = { preStop: { httpGet: { host: "192.0.2.1", path: "/", port: 80 } } };
      podOf(draft, web).securityContext.sysctls = [{ name: "vm.max_map_count", value: "262144" }];
    },
    finds: [
      [web, /^sets sysctls that are not safe$/],
      [web, /^has a probe or lifecycle hook with a host$/],
    ],
  },
  {
    id: "GP083",
    name: "no policy at all",
    when: (draft) => {
      remove(draft, ...["default-deny", "web", "clients", "mongo"].map((name) => `NetworkPolicy app/${name}`));
    },
    finds: ["Cluster app/db", "Deployment app/logs", web, "StatefulSet app/mongo"].map((name) => [
      name,
      /restricts ingress and egress/,
    ]),
  },
];
