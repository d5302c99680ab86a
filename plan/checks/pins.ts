import { commandLine } from "../../components/kit/command-line.ts";
import { nearest } from "../../stacks/settings/problems.ts";
import type { Plan } from "../plan.ts";
import { Examination } from "./check.ts";
import type { Check } from "./check.ts";
import { imagesOf } from "./software.ts";
import type { UsedImage } from "./software.ts";

/** Checks of the stack's own tags and of its lock. */
export const pinChecks: readonly Check[] = [
  {
    id: "GP146",
    title: "Images have the digests of the lock",
    severity: "warning",
    reason: "A tag can be moved to another content after a review: what runs is not what was tested.",
    fix: `Write the lock again: \`${commandLine("images", "--stack STACK --lock")}\`. For a chart without a value for digests, accept the finding.`,
    examine: (plan) => {
      const examination = new Examination();
      if (plan.settings.images.lock === undefined) return examination;
      for (const image of imagesOf(plan)) {
        examination.look(image.pod.owner);
        if (!image.image.includes("@"))
          examination.find(
            image.pod.owner,
            `${image.run ? "runs" : "passes on"} ${image.image} by its tag: ${why(plan, image)}`,
            {
              container: image.container,
            },
          );
      }
      return examination;
    },
  },
  {
    id: "GP147",
    title: "Every tag of images.tags has an effect",
    severity: "error",
    reason: "A repository that no pod uses is misspelt, and the image keeps the tag that was to be replaced.",
    fix: `Use the name that \`${commandLine("images", "--stack STACK")}\` lists, or remove the entry. A chart without a value for it takes it in \`charts.values\`.`,
    examine: (plan) => {
      const examination = new Examination();
      const used = imagesOf(plan);
      for (const [name, tag] of Object.entries(plan.settings.images.tags)) {
        const object = `Image ${name}`;
        examination.look(object);
        const same = used.filter((image) => isOf(image, name));
        if (same.length === 0 && plan.notRendered.length > 0) continue;
        if (same.length === 0) {
          const names = used.map(({ registry, repository }) => `${registry}/${repository}`);
          const near = nearest(name, [...new Set(names)]);
          examination.find(
            object,
            `is in images.tags, and no pod uses it${near === undefined ? "" : `: the nearest is ${near}`}`,
          );
        }
        for (const { image, pod, tag: other } of same)
          if (other !== tag)
            examination.find(object, `has the tag ${tag} in images.tags, but ${pod.owner} uses ${image}`);
      }
      return examination;
    },
  },
];

function why({ settings: { imageDigests } }: Plan, image: UsedImage): string {
  const locked = Object.keys(imageDigests).some((name) => name.endsWith(`/${image.repository}:${image.tag ?? ""}`));
  return locked ? "its chart has no value for a digest" : "the lock has no digest for it";
}

/** Whether an image is of an upstream repository, in the mirror or at its own registry. */
function isOf({ repository }: UsedImage, name: string): boolean {
  const path = name.slice(name.indexOf("/") + 1);
  return repository === path || repository === path.replace(/^library\//, "");
}
