import "../stacks/older-node.ts";

export { validateStack } from "../plan/policy/pack.ts";
