import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { imagesOf } from "./software.ts";

/** The label of a node's architecture (Kubernetes, "Well-Known Labels"). */
const label = "kubernetes.io/arch";

/** The architecture for which every image is built. */
const usual = "amd64";

/** Repositories whose images are known to be built for arm64 as well, by the end of their name, with the source. */
const builtForArm64: readonly (readonly [repository: RegExp, source: string])[] = [
  [/(^|\/)matrix-conduit$/, "Conduit, .gitlab-ci.yml"],
  [/(^|\/)tuwunel$/, "tuwunel, .github/workflows/main.yml"],
  [/(^|\/)element-web$/, "element-web, .github/workflows/docker.yaml"],
  [/(^|\/)nginx-unprivileged$/, "nginx/docker-nginx-unprivileged, README"],
  [/(^|\/)(postgres|adminer|traefik)$/, "docker-library/official-images"],
  [/(^|\/)cert-manager-[a-z]+$/, "cert-manager, make/containers.mk"],
];

/** The check of the architecture of images. */
export const architectureChecks: readonly Check[] = [
  {
    id: "GP125",
    title: "Images are built for the architecture of their nodes",
    severity: "warning",
    reason: "A node cannot run an image of another architecture: the container fails with `exec format error`.",
    fix: "Use an image that is built for the architecture, or select other nodes. If the image supports it, add it to plan/checks/architecture.ts.",
    examine: architectures,
  },
];

function architectures(plan: Plan): Examination {
  const examination = new Examination();
  for (const { container, image, pod, repository, run } of imagesOf(plan)) {
    const wanted = pod.spec.nodeSelector[label];
    if (!run) continue;
    examination.look(pod.owner);
    const known = wanted === "arm64" && builtForArm64.some(([form]) => form.test(repository));
    if (wanted !== undefined && wanted !== usual && !known)
      examination.find(pod.owner, `runs on ${wanted}, for which ${image} is not known to be built`, { container });
  }
  return examination;
}
