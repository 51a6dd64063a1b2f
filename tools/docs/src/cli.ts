import { GENERATED, write } from "./generated.ts";

for (const generated of GENERATED) {
  write(generated);
  console.log(`docs/${generated.name}`);
}
