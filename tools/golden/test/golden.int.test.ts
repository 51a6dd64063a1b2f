import { sharedKafka } from "@millrace/services";
import { expect, test } from "vitest";
import { compareWithRecording } from "../src/replay.ts";
import { isWrong, printed } from "../src/report.ts";
import { SCENES } from "../src/scenes/scenes.ts";

test.each(Object.values(SCENES))(
  "$name: answers are as recorded, and as they are told of",
  async (scene) => {
    const comparison = await compareWithRecording(scene, await sharedKafka());
    const { verdicts, undocumented } = comparison;
    expect(verdicts.filter(isWrong), printed(comparison)).toEqual([]);
    expect(undocumented).toEqual([]);
    expect(verdicts.length).toBeGreaterThan(0);
  },
);
