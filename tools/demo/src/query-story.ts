import { createConnector } from "./connect-rest.ts";
import type { Story } from "./pipeline.ts";
import { prove } from "./proof.ts";

/** New rows, found by asking for ids that are greater than the last one. */
export const queryStory: Story = {
  topic: "demo-cities",
  async connect({ postgresUrl, elasticsearchUrl }, worker) {
    const url = new URL(postgresUrl);
    const source = await createConnector(worker, "cities-source.json", {
      "connection.url": `jdbc:postgresql://${url.host}${url.pathname}`,
      "connection.user": decodeURIComponent(url.username),
      "connection.password": decodeURIComponent(url.password),
    });
    const sink = await createConnector(worker, "cities-sink.json", {
      "connection.url": elasticsearchUrl,
    });
    return [source, sink];
  },
  prove,
  commands: ({ postgresUrl, elasticsearchUrl, index }, workerUrl) => [
    `curl ${workerUrl}/connectors?expand=status`,
    `curl -X PUT ${workerUrl}/connectors/cities-sink/pause`,
    `curl -X PUT ${workerUrl}/connectors/cities-sink/resume`,
    `curl '${elasticsearchUrl}/${index}/_search?q=name:paris&size=3&pretty'`,
    `psql '${postgresUrl}' -c "INSERT INTO cities (name, country, latitude, longitude) VALUES ('Newtown', 'GB', 52.5, -3.3)"`,
  ],
};
