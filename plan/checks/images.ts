import type { Plan } from "../plan.ts";
import { podRules } from "../pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";
import { kubernetesLines, kubernetesSource, lifecycles, supportOf } from "./lifecycle.ts";
import type { Ending, Lifecycle, Support } from "./lifecycle.ts";
import { brings, compareVersions, imagesOf } from "./software.ts";
import type { UsedImage } from "./software.ts";

/** Days before its end of life when a warning about a release line starts. */
const notice = 183;

/** Checks of images: tags, registries, and support dates. */
export const imageChecks: readonly Check[] = [
  {
    id: "GP020",
    title: "Images have an exact tag",
    severity: "error",
    reason: "The image behind `latest` changes over time: two pods of one Deployment may run different versions.",
    fix: "Use a version or a digest.",
    examine: (plan) => {
      const examination = new Examination();
      for (const pod of inventoryOf(plan).pods) {
        examination.look(pod.owner);
        for (const { message, container } of podRules["image tag"](pod))
          examination.find(pod.owner, message, container === undefined ? {} : { container });
      }
      for (const image of imagesOf(plan)) {
        if (!image.run && !image.image.includes("@") && (image.tag ?? "latest") === "latest")
          found(examination, image, `passes on the image ${image.image}, which has no exact tag`);
      }
      return examination;
    },
  },
  {
    id: "GP021",
    title: "Images come from the mirror",
    severity: "error",
    reason:
      "A cluster with a mirror may have no access to other registries: a pod with an image from elsewhere does not start.",
    fix: "Add the value path of the image to `images` in components/kit/catalogue.ts, or use `pulledImage`.",
    examine: fromMirror,
  },
  {
    id: "GP022",
    title: "No image is past its end of life",
    severity: "error",
    reason: "It gets no security fixes, and the upgrade becomes larger with every later release.",
    fix: "Move to a supported version; the message shows how, and until when this one was supported.",
    examine: (plan, today) => lifecycle(plan, "ended", ({ until }) => until < today, endedMessage),
  },
  {
    id: "GP023",
    title: "Images get security fixes",
    severity: "warning",
    reason: "A frozen copy, or a replaced release line, gets no security fixes, although the software itself does.",
    fix: "Use the release line or the publisher in the message. Until then, mirror frozen images, because they may be deleted.",
    examine: (plan, today) => lifecycle(plan, "superseded", ({ until }) => until < today, endedMessage),
  },
  {
    id: "GP024",
    title: "No image reaches its end of life within half a year",
    severity: "warning",
    reason: "A migration of a database or an application takes months to prepare.",
    fix: "Plan the upgrade; the message shows the date.",
    examine: (plan, today) => lifecycle(plan, undefined, ({ until }) => soon(until, today), endsMessage),
  },
  {
    id: "GP025",
    title: "The cluster's Kubernetes version is supported",
    severity: "warning",
    reason:
      "Kubernetes supports three minor versions at a time. Managed clusters may offer longer support at extra cost.",
    fix: "Upgrade the cluster and set `cluster.version` to its version.",
    examine: kubernetes,
  },
  {
    id: "GP026",
    title: "No release line or license needs a decision",
    severity: "info",
    reason:
      "License requirements, and release lines without a successor, are easier to handle before an audit or an outage.",
    fix: "Read the message and decide; accept the finding with your decision as the reason.",
    examine: notices,
  },
];

function fromMirror(plan: Plan): Examination {
  const examination = new Examination();
  const { mirror } = plan.settings.images;
  if (mirror === undefined) return examination;
  for (const image of imagesOf(plan)) {
    examination.look(image.pod.owner);
    if (!image.image.startsWith(`${mirror}/`))
      found(examination, image, `${image.run ? "runs" : "passes on"} ${image.image}, which is not from ${mirror}`);
  }
  return examination;
}

function lifecycle(
  plan: Plan,
  ending: Ending | undefined,
  concerns: (support: Support) => boolean,
  message: (image: UsedImage, entry: Lifecycle, support: Support) => string,
): Examination {
  const examination = new Examination();
  for (const image of imagesOf(plan)) {
    examination.look(image.pod.owner);
    for (const entry of lifecycles) {
      if ((ending !== undefined && entry.ending !== ending) || !brings(image, entry.software)) continue;
      const support = supportOf(entry, image.version);
      if (support !== undefined && concerns(support)) found(examination, image, message(image, entry, support));
    }
  }
  return examination;
}

function endedMessage({ image }: UsedImage, { software, advice }: Lifecycle, { until, line, older }: Support): string {
  if (line === undefined) return `${image}: ${software} got its last fixes on ${until}; ${advice}`;
  const what = older ? `is older than ${software} ${line}, which` : `is ${software} ${line}, which`;
  return `${image} ${what} got its last fixes on ${until}; ${advice}`;
}

function endsMessage({ image }: UsedImage, { software, advice }: Lifecycle, { until, line }: Support): string {
  return `${image}: ${software} ${line === undefined ? "" : `${line} `}gets fixes until ${until}; ${advice}`;
}

function soon(until: string, today: string): boolean {
  return until >= today && (Date.parse(until) - Date.parse(today)) / 86_400_000 <= notice;
}

function kubernetes(plan: Plan, today: string): Examination {
  const examination = new Examination();
  const { context, version } = plan.settings.cluster;
  const name = `Cluster ${context}`;
  examination.look(name);
  const numbers = version.split(".").map(Number);
  const support = supportOf({ lines: kubernetesLines }, numbers);
  if (support !== undefined && support.until < today)
    examination.find(name, `Kubernetes ${version} got its last fixes on ${support.until} (${kubernetesSource})`);
  return examination;
}

function notices(plan: Plan): Examination {
  const examination = new Examination();
  for (const image of imagesOf(plan)) {
    examination.look(image.pod.owner);
    const { pod, version } = image;
    if (brings(image, "Kong") && version !== undefined && compareVersions(version, [3, 9]) === 0)
      found(
        examination,
        image,
        "Kong 3.9 is the last release line with open-source images; 3.10 and later are enterprise only",
      );
    if (brings(image, "midPoint") && pod.replicas > 1)
      found(examination, image, "a midPoint cluster in production mode needs an active subscription of Evolveum");
    if (brings(image, "Confluence"))
      found(
        examination,
        image,
        "Confluence Data Center needs a license: no new subscriptions after 2026-03-30, read-only from 2029-03-28",
      );
    if (brings(image, "Elasticsearch"))
      found(examination, image, "Elasticsearch is deprecated in Graylog 7 and not supported by Graylog 8");
  }
  return examination;
}

function found(examination: Examination, { pod, container }: UsedImage, message: string): void {
  examination.find(pod.owner, message, { container });
}
