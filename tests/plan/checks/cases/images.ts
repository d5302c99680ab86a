import { containerOf, object, one, podOf } from "../draft.ts";
import type { Draft } from "../draft.ts";
import { job, workload } from "../good.ts";
import type { Case } from "./case.ts";

const web = "Deployment app/web";
const image =
  (name: string, of = web) =>
  (draft: Draft) =>
    (containerOf(draft, of).image = name);
const fromMirror = (draft: Draft) => {
  const mirror = "registry.example.org/mirror";
  draft.settings["images"] = { mirror, tags: {} };
  for (const name of [web, "Deployment app/logs", "StatefulSet app/mongo"]) {
    const container = containerOf(draft, name) as { image: string };
    container.image = container.image.replace("docker.io", mirror);
  }
};
const ended = (name: string, until: string, more: Pick<Case, "today" | "also"> = {}): Case => ({
  id: "GP022",
  name: `${name}${more.today === undefined ? "" : ` on ${more.today}`}`,
  when: image(name),
  finds: [[web, new RegExp(`fixes on ${until}`)]],
  ...more,
});
const superseded = (name: string, until: string): Case => ({
  id: "GP023",
  name,
  when: image(name),
  finds: [[web, new RegExp(`fixes on ${until}`)]],
});

/** Cases of plan/checks/images.ts and versions.ts. */
export const imageCases: readonly Case[] = [
  {
    id: "GP020",
    name: "latest",
    when: image("docker.io/example/web:latest"),
    finds: [[web, /has the tag latest/]],
  },
  {
    id: "GP020",
    name: "an image without a tag that is handed on",
    when: (draft) => (containerOf(draft, web).args = ["--solver-image=quay.io/example/solver"]),
    finds: [[web, /passes on the image quay.io\/example\/solver/]],
  },
  {
    id: "GP125",
    name: "an image that is not known for the nodes of its pod, and one that is",
    when: (draft) => {
      const nodes = { "kubernetes.io/arch": "arm64" };
      for (const name of [web, "Deployment app/logs"]) Object.assign(podOf(draft, name).nodeSelector as object, nodes);
      image("docker.io/library/postgres:17.6-alpine", "Deployment app/logs")(draft);
    },
    finds: [[web, /runs on arm64, for which docker\.io\/example\/web:1\.2\.3 is not known to be built/]],
  },
  {
    id: "GP125",
    name: "nodes of the usual architecture",
    when: (draft) => Object.assign(podOf(draft, web).nodeSelector as object, { "kubernetes.io/arch": "amd64" }),
    finds: [],
  },
  { id: "GP020", name: "a digest", when: image(`docker.io/example/web@sha256:${"0".repeat(64)}`), finds: [] },
  {
    id: "GP021",
    name: "images from elsewhere than the mirror",
    when: (draft) => {
      fromMirror(draft);
      containerOf(draft, web).args = ["--sidecar-image=quay.io/example/sidecar:1.0"];
    },
    finds: [
      ["Cluster app/db", /runs ghcr.io/],
      [web, /passes on quay.io/],
    ],
  },
  {
    id: "GP021",
    name: "everything from the mirror",
    when: (draft) => {
      fromMirror(draft);
      one(draft, "Cluster app/db").manifest.spec.imageName =
        "registry.example.org/mirror/cloudnative-pg/postgresql:17.9";
    },
    finds: [],
  },
  ended("docker.io/library/postgres:9.6.24", "2021-11-11"),
  ended("docker.io/library/postgres:9.5", "2021-11-11"),
  ended("docker.io/library/postgres:14.24", "2026-11-12", { today: "2026-11-13" }),
  ended("docker.io/library/postgres:16.4", "2028-11-09", { today: "2028-11-10" }),
  ended("docker.io/bitnami/redis:8.2.1", "2025-09-29"),
  ended("registry.k8s.io/ingress-nginx/controller:v1.15.1", "2026-03-31"),
  ended("docker.io/library/mongo:6.0.29", "2025-07-31", { also: ["GP030"] }),
  ended("docker.io/atlassian/confluence-server:8.5", "2024-02-15"),
  ended("docker.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", "2026-04-25"),
  ended("docker.io/opensearchproject/opensearch:1.3.20", "2025-05-06"),
  {
    id: "GP022",
    name: "midPoint 4.9, once its day has come",
    when: image("docker.io/evolveum/midpoint:4.9.8-alpine"),
    finds: [[web, /midPoint 4.9, which got its last fixes on 2026-10-18/]],
    today: "2026-10-19",
    also: ["GP026"],
  },
  {
    id: "GP022",
    name: "midPoint 4.8, which is older than what the table lists",
    when: image("docker.io/evolveum/midpoint:4.8.13"),
    finds: [[web, /is older than midPoint 4.9/]],
    today: "2026-10-19",
    also: ["GP026", "GP030"],
  },
  {
    id: "GP022",
    name: "the last day itself",
    when: image("docker.io/library/postgres:14"),
    finds: [],
    today: "2026-11-12",
  },
  superseded("docker.io/bitnamilegacy/postgresql-repmgr:17.6.0-debian-12-r2", "2025-08-28"),
  superseded("quay.io/keycloak/keycloak:26.5.6", "2026-04-08"),
  superseded("quay.io/keycloak/keycloak:22.0", "2024-10-04"),
  superseded("docker.io/graylog/graylog:6.3.15", "2026-06-30"),
  superseded("registry.k8s.io/sig-storage/nfs-subdir-external-provisioner:v4.0.2", "2024-02-15"),
  { id: "GP023", name: "the newest Keycloak", when: image("quay.io/keycloak/keycloak:26.7.2"), finds: [] },
  {
    id: "GP024",
    name: "PostgreSQL 15 a month before its end",
    when: image("docker.io/library/postgres:15.19"),
    finds: [[web, /PostgreSQL 15 gets fixes until 2027-11-11/]],
    today: "2027-10-11",
  },
  {
    id: "GP025",
    name: "an old cluster",
    when: (draft) => (draft.settings["cluster"] = { context: "test", version: "1.33" }),
    finds: [["Cluster test", /Kubernetes 1.33 got its last fixes on 2026-06-28/]],
  },
  {
    id: "GP026",
    name: "Kong 3.9",
    when: image("docker.io/library/kong:3.9.3"),
    finds: [[web, /the last release line/]],
  },
  {
    id: "GP026",
    name: "a midPoint cluster",
    when: (draft) => {
      image("docker.io/evolveum/midpoint:4.10.4-alpine")(draft);
      containerOf(draft, web).resources.limits.memory = "3Gi";
    },
    finds: [[web, /needs an active subscription/]],
  },
  {
    id: "GP026",
    name: "one midPoint",
    when: (draft) => {
      image("docker.io/evolveum/midpoint:4.10.4-alpine")(draft);
      containerOf(draft, web).resources.limits.memory = "3Gi";
      one(draft, web).manifest.spec.replicas = 1;
    },
    finds: [],
    also: ["GP050"],
  },
  ...pairs(),
];

function pairs(): Case[] {
  const logs = "Deployment app/logs";
  const graylog = (version: string, other: string, finds: RegExp[], also?: string[]): Case => ({
    id: "GP030",
    name: `Graylog ${version} with ${other}`,
    when: (draft) => {
      image(`docker.io/graylog/graylog:${version}`, logs)(draft);
      image(other, "StatefulSet app/mongo")(draft);
    },
    finds: finds.map((message) => [logs, message]),
    ...(also === undefined ? {} : { also }),
  });
  const postgres = (version: string, other: string, finds: RegExp[], also?: string[]): Case => ({
    id: "GP030",
    name: `midPoint ${version} with PostgreSQL ${other}`,
    when: (draft) => {
      image(`docker.io/evolveum/midpoint:${version}`)(draft);
      one(draft, web).manifest.spec.replicas = 1;
      one(draft, "Cluster app/db").manifest.spec.imageName = `ghcr.io/cloudnative-pg/postgresql:${other}`;
      containerOf(draft, web).resources.limits.memory = "3Gi";
    },
    finds: finds.map((message) => [web, message]),
    also: ["GP050", ...(also ?? [])],
  });
  return [
    graylog("7.1.8", "docker.io/library/mongo:6.0.29", [/supports MongoDB 7 and later/], ["GP022"]),
    graylog("6.3.15", "docker.io/library/mongo:6.0.29", [], ["GP022", "GP023"]),
    graylog("7.0.12", "docker.io/opensearchproject/opensearch:3.6.0", [/supports OpenSearch 1, 2/], ["GP024"]),
    graylog("7.1.8", "docker.io/opensearchproject/opensearch:3.6.0", []),
    graylog("8.0.0", "docker.io/library/elasticsearch:8.19.20", [/supports Elasticsearch in no version/], ["GP026"]),
    graylog("8.0.0", "docker.io/opensearchproject/opensearch:1.3.20", [/supports OpenSearch 2, 3/], ["GP022"]),
    graylog("7.1.8", "docker.io/library/elasticsearch:8.19.20", [/supports Elasticsearch 7/], ["GP026"]),
    postgres("4.10.4-alpine", "18.1", [/supports PostgreSQL 14, 15, 16, 17/]),
    postgres("4.10.4-alpine", "17.9", []),
    postgres("4.8.13", "17.9", [/supports PostgreSQL 14, 15, 16,/], ["GP024"]),
    {
      id: "GP030",
      name: "keycloak-config-cli for another Keycloak",
      when: (draft) => {
        image("quay.io/keycloak/keycloak:26.7.2")(draft);
        draft.objects.push(job("app/realm", "docker.io/adorsys/keycloak-config-cli:6.4.0-25.0.1"));
      },
      finds: [["Job app/realm", /is built for Keycloak 25/]],
    },
    {
      id: "GP030",
      name: "keycloak-config-cli for this Keycloak",
      when: (draft) => {
        image("quay.io/keycloak/keycloak:26.7.2")(draft);
        draft.objects.push(job("app/realm", "docker.io/adorsys/keycloak-config-cli:6.5.0-26.5.4"));
      },
      finds: [],
    },
    {
      id: "GP030",
      name: "a dump by programs older than the server",
      when: (draft) => draft.objects.push(job("app/dump", "docker.io/library/postgres:16.15-alpine")),
      finds: [["Job app/dump", /pg_dump rejects a later server/]],
    },
    {
      id: "GP030",
      name: "MongoDB that its operator runs",
      when: (draft) => {
        draft.objects.push(
          ...workload("Deployment", "app/graylog", "docker.io/graylog/graylog:7.1.8"),
          object("mongodbcommunity.mongodb.com/v1", "MongoDBCommunity", "app/mongodb", {
            spec: {
              members: 1,
              version: "6.0.5",
              statefulSet: {
                spec: { template: { spec: { nodeSelector: { pool: "system" }, containers: [{ name: "mongod" }] } } },
              },
            },
          }),
        );
      },
      finds: [
        ["Deployment app/graylog", /MongoDBCommunity app\/mongodb runs 6.0.5/],
        ["Deployment app/logs", /MongoDBCommunity app\/mongodb runs 6.0.5/],
      ],
      also: ["GP011", "GP022", "GP050", "GP090", "GP106"],
    },
  ];
}
