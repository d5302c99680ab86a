import type { Plan } from "../plan.ts";
import { podRules } from "../pods.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { inventoryOf } from "./inventory.ts";
import { kubernetesLines, kubernetesSource, lifecycles, supportOf } from "./lifecycle.ts";
import type { Ending, Lifecycle, Support } from "./lifecycle.ts";
import { brings, compareVersions, imagesOf } from "./software.ts";
import type { UsedImage } from "./software.ts";

/** Days before its end at which a line is warned of. */
const notice = 183;

/** Checks of images: tags, where they come from, and how long they are looked after. */
export const imageChecks: readonly Check[] = [
  {
    id: "GP020",
    title: "Images have an exact tag",
    severity: "error",
    reason: "What `latest` is changes under a running platform: two pods of one Deployment run different programs.",
    fix: "Name a version, or a digest.",
    examine: (plan) => {
      const examination = new Examination();
      for (const pod of inventoryOf(plan).pods) {
        examination.look(pod.owner);
        for (const { message, container } of podRules["image tag"](pod))
          examination.find(pod.owner, message, container === undefined ? {} : { container });
      }
      for (const image of imagesOf(plan)) {
        if (!image.run && !image.image.includes("@") && (image.tag ?? "latest") === "latest")
          found(examination, image, `hands on the image ${image.image}, which has no exact tag`);
      }
      return examination;
    },
  },
  {
    id: "GP021",
    title: "Images come from the mirror",
    severity: "error",
    reason: "With a mirror the cluster may reach nothing else: one image from elsewhere and its pod never starts.",
    fix: "Name the value path of the image in `images` of components/kit/catalogue.ts, or use `pulledImage`.",
    examine: fromMirror,
  },
  {
    id: "GP022",
    title: "No image is past its end of life",
    severity: "error",
    reason:
      "Nobody fixes a hole in it any more, and the longer it stays the longer the way to a version that is looked after.",
    fix: "Move to a supported version; the message says how and until when it was supported.",
    examine: (plan, today) => lifecycle(plan, "ended", ({ until }) => until < today, endedMessage),
  },
  {
    id: "GP023",
    title: "Images still get fixes",
    severity: "warning",
    reason:
      "A frozen copy or a line that a later one replaced gets no fix for the next hole, although the software itself does.",
    fix: "Take the line or the publisher that the message names; mirror frozen images meanwhile, since they may vanish.",
    examine: (plan, today) => lifecycle(plan, "superseded", ({ until }) => until < today, endedMessage),
  },
  {
    id: "GP024",
    title: "No image ends within half a year",
    severity: "warning",
    reason: "A migration of a database or an application takes longer to prepare than a missed date leaves time for.",
    fix: "Plan the upgrade; the message says by when.",
    examine: (plan, today) => lifecycle(plan, undefined, ({ until }) => soon(until, today), endsMessage),
  },
  {
    id: "GP025",
    title: "The cluster's Kubernetes version gets fixes",
    severity: "warning",
    reason:
      "Kubernetes looks after three minor versions at a time; managed clusters may be looked after longer, at a price.",
    fix: "Upgrade the cluster and set `cluster.version` to what it runs.",
    examine: kubernetes,
  },
  {
    id: "GP026",
    title: "Lines and licences worth knowing",
    severity: "info",
    reason: "What a licence asks for, or that a line has no successor, is better known before an audit than after.",
    fix: "Read the message and decide; accept the finding with the decision as its reason.",
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
      found(examination, image, `${image.run ? "runs" : "hands on"} ${image.image}, which is not below ${mirror}`);
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
  if (line === undefined) return `${image}: ${software} got the last fixes on ${until}; ${advice}`;
  const what = older ? `is older than ${software} ${line}, which` : `is ${software} ${line}, which`;
  return `${image} ${what} got the last fixes on ${until}; ${advice}`;
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
    examination.find(name, `Kubernetes ${version} got the last fixes on ${support.until} (${kubernetesSource})`);
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
        "Kong 3.9 is the last line with images of the open-source gateway; 3.10 and later are enterprise only",
      );
    if (brings(image, "midPoint") && pod.replicas > 1)
      found(examination, image, "a midPoint cluster in production mode needs an active subscription of Evolveum");
    if (brings(image, "Confluence"))
      found(
        examination,
        image,
        "Confluence Data Center needs a licence: no new subscriptions after 2026-03-30, read-only from 2029-03-28",
      );
    if (brings(image, "Elasticsearch"))
      found(examination, image, "Graylog 7 calls Elasticsearch deprecated, and Graylog 8 refuses it");
  }
  return examination;
}

function found(examination: Examination, { pod, container }: UsedImage, message: string): void {
  examination.find(pod.owner, message, { container });
}
