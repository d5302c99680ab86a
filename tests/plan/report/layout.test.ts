import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stableJson } from "../../../components/kit/stable.ts";
import { graphOf } from "../../../plan/report/graph.ts";
import { boxLines, cachedLayoutOf, emptyLines, layoutOf, longest, sizes } from "../../../plan/report/layout.ts";
import type { Area, Layout } from "../../../plan/report/picture.ts";
import { shortened, textWidth } from "../../../plan/report/text-size.ts";
import { planStack } from "../../plans.ts";
import { examples, once, stacks, variants } from "../../stacks.ts";
import type { TestStack } from "../../stacks.ts";
import { hostile, planWith, prodPlan } from "./plans.ts";

interface Named {
  readonly name: string;
  readonly area: Area;
}

/** Straight parts of a line: as areas without width or height. */
function parts({ links }: Layout) {
  return links.flatMap(({ link, points }, line) =>
    points.slice(1).map(({ x, y }, index) => {
      const before = points[index] ?? { x, y };
      const area = {
        x: Math.min(x, before.x),
        y: Math.min(y, before.y),
        width: Math.abs(x - before.x),
        height: Math.abs(y - before.y),
      };
      return { line, link, area };
    }),
  );
}

const labelsOf = ({ links }: Layout): Named[] =>
  links.flatMap(({ link, label }) => (label === undefined ? [] : [{ name: link.purposes.join(), area: label }]));

function overlap(a: Area, b: Area, slack = 0): boolean {
  const along = (start: number, length: number, other: number, otherLength: number) =>
    Math.min(start + length, other + otherLength) - Math.max(start, other) > slack;
  return along(a.x, a.width, b.x, b.width) && along(a.y, a.height, b.y, b.height);
}

/** Pairs of areas that overlap. */
function overlapping(all: readonly Named[]): string[] {
  return all.flatMap((a, index) =>
    all.slice(index + 1).flatMap((b) => (overlap(a.area, b.area) ? [`${a.name} and ${b.name}`] : [])),
  );
}

/** Parts of two lines that lie on each other for more than a corner. */
function sharedParts(layout: Layout): string[] {
  const all = parts(layout);
  const thick = ({ x, y, width, height }: Area): Area => ({ x: x - 1, y: y - 1, width: width + 2, height: height + 2 });
  const upright = ({ width, height }: Area) => height > width;
  return all.flatMap((a, index) =>
    all.slice(index + 1).flatMap((b) => {
      if (a.line === b.line || upright(a.area) !== upright(b.area) || !overlap(thick(a.area), thick(b.area))) return [];
      const [start, length] = upright(a.area) ? (["y", "height"] as const) : (["x", "width"] as const);
      const shared =
        Math.min(a.area[start] + a.area[length], b.area[start] + b.area[length]) -
        Math.max(a.area[start], b.area[start]);
      return shared > 4 ? [`${a.link.purposes.join()} and ${b.link.purposes.join()}`] : [];
    }),
  );
}

const layouts = new Map<string, Promise<Layout>>();

/** The picture of a stack, drawn once. Settings that give the same graph give the same picture. */
async function drawn(stack: TestStack): Promise<Layout> {
  const graph = graphOf(await planStack(stack));
  return once(layouts, stableJson(graph), () => layoutOf(graph));
}

describe("the picture", function () {
  this.slow(5000);

  for (const stack of [...stacks, ...examples, ...variants]) {
    it(`of ${stack.name} has nothing on top of anything else`, async () => {
      const layout = await drawn(stack);
      const boxes = layout.boxes.map(({ box, area }) => ({ name: box.title, id: box.id, group: box.group, area }));
      const groups = layout.groups.map(({ group, area }) => ({ name: group.title, id: group.id, area }));
      const outer = boxes.filter(({ group }) => group === undefined);
      assert.deepEqual(overlapping(boxes), []);
      assert.deepEqual(overlapping([...groups, ...outer]), []);
      assert.deepEqual(overlapping([...boxes, ...labelsOf(layout)]), []);
      assert.deepEqual(sharedParts(layout), []);
      for (const { link, area } of parts(layout)) {
        const other = boxes.filter(({ id }) => id !== link.from && id !== link.to);
        for (const box of other) assert.ok(!crosses(area, box.area), `${link.id} runs through ${box.name}`);
      }
    });

    it(`of ${stack.name} keeps everything in its frame, boxes in their namespaces, and texts in their boxes`, async () => {
      const { width, height, boxes, groups, links } = await drawn(stack);
      const frame = { x: 0, y: 0, width, height };
      const place = new Map(groups.map(({ group, area }) => [group.id, area]));
      for (const { area } of groups) assert.ok(within(area, frame));
      for (const { box, area } of boxes) {
        assert.ok(within(area, (box.group === undefined ? undefined : place.get(box.group)) ?? frame), box.title);
        const texts = [
          textWidth(shortened(box.title, longest.title), sizes.title, "mono"),
          ...boxLines(box).map((line) => textWidth(line, sizes.line, "sans")),
        ];
        assert.ok(Math.max(...texts) + 2 * sizes.padding <= area.width + 1, box.title);
      }
      for (const { group, area, empty } of groups) {
        if (!empty) continue;
        assert.ok((emptyLines(group).length + 1) * sizes.lineHeight <= area.height);
      }
      for (const { label, points } of links) {
        assert.ok(label === undefined || within(label, frame));
        assert.ok(points.length >= 2 && points.every(({ x, y }) => x >= 0 && y >= 0 && x <= width && y <= height));
      }
    });
  }

  it("is checked by what would see a line on a line, and one through a box", () => {
    const link = { id: "l", from: "a", to: "b", kind: "connection", purposes: ["p"], ports: [] } as const;
    const line = (...points: [number, number][]) => ({ link, points: points.map(([x, y]) => ({ x, y })) });
    const layout = (...links: Layout["links"]): Layout => ({ width: 100, height: 100, boxes: [], groups: [], links });
    const upAndRight = line([0, 50], [40, 50], [40, 0]);
    assert.deepEqual(sharedParts(layout(upAndRight, line([20, 50], [60, 50]))), ["p and p"]);
    assert.deepEqual(sharedParts(layout(upAndRight, line([40, 20], [40, 80]))), ["p and p"]);
    assert.deepEqual(sharedParts(layout(upAndRight, line([0, 60], [60, 60]), line([20, 0], [20, 90]))), []);
    const box = { x: 10, y: 10, width: 20, height: 20 };
    const through = parts(layout(line([0, 20], [90, 20]), line([20, 0], [20, 15]), line([0, 10], [90, 10])));
    assert.deepEqual(
      through.map(({ area }) => crosses(area, box)),
      [true, true, false],
    );
  });

  it("is the same each time", async () => {
    const graph = graphOf(await prodPlan());
    assert.deepEqual(await layoutOf(graph), await layoutOf(graph));
  });

  it("is the same from the cache, also with other texts of the same size", async () => {
    const before = process.env["XDG_CACHE_HOME"];
    const home = mkdtempSync(join(tmpdir(), "groundplan-layout-"));
    process.env["XDG_CACHE_HOME"] = home;
    try {
      const graph = graphOf(await prodPlan());
      const fresh = await layoutOf(graph);
      assert.deepEqual(await cachedLayoutOf(graph), fresh);
      assert.deepEqual(await cachedLayoutOf(graph), fresh);
      const swapped = { ...graph, boxes: graph.boxes.map((box) => ({ ...box, title: reversed(box.title) })) };
      assert.deepEqual(await cachedLayoutOf(swapped), await layoutOf(swapped));
      assert.equal(readdirSync(join(home, "groundplan", "layouts")).length, 1);
    } finally {
      rmSync(home, { recursive: true, force: true });
      if (before === undefined) delete process.env["XDG_CACHE_HOME"];
      else process.env["XDG_CACHE_HOME"] = before;
    }
  });

  it("takes names of any characters", async () => {
    const plan = await prodPlan();
    for (const text of hostile) assert.ok((await layoutOf(graphOf(planWith(plan, text)))).width > 0);
  });

  it("of nothing is empty", async () =>
    assert.deepEqual(await layoutOf({ boxes: [], groups: [], links: [] }), {
      width: 0,
      height: 0,
      groups: [],
      boxes: [],
      links: [],
    }));
});

function reversed(text: string): string {
  return [...text].reverse().join("");
}

function within(inner: Area, outer: Area): boolean {
  return (
    inner.x >= outer.x - 1 &&
    inner.y >= outer.y - 1 &&
    inner.x + inner.width <= outer.x + outer.width + 1 &&
    inner.y + inner.height <= outer.y + outer.height + 1
  );
}

/** Whether a straight part of a line enters an area: touching its border is no crossing. */
function crosses(line: Area, { x, y, width, height }: Area): boolean {
  return overlap(line, { x: x + 1, y: y + 1, width: width - 2, height: height - 2 }, -0.5);
}
