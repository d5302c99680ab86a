import { z } from "zod";
import { anyAddress } from "../../../components/kit/environment.ts";
import * as formats from "../formats.ts";
import { key } from "../key.ts";

/** Address ranges of hosts outside the cluster for network policies; by default every address. */
export function anyRanges(is: string) {
  return key(
    z
      .array(formats.cidr())
      .min(1)
      .default([...anyAddress]),
    {
      is,
      unit: "CIDR",
      changing: "Changes network policies only.",
      accepts: 'a list of address ranges, such as ["10.0.0.0/16"]',
    },
  );
}
