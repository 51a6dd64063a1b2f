import type { Command } from "commander";
import { printSummary } from "../report/print.ts";
import { Results } from "../report/results.ts";
import { writeDocument } from "../report/write-document.ts";

export function addReport(program: Command): void {
  program
    .command("report <folder>")
    .description("show again what a results folder holds")
    .option("--write", "put the tables into docs/benchmarks.md")
    .action((folder: string, { write }: { write?: true }) => {
      const results = new Results(folder);
      const lines = results.all();
      if (lines.length === 0) throw new Error(`There are no results in ${results.file}`);
      printSummary(lines);
      if (write === true) writeDocument(lines);
    });
}
