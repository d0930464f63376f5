// ClickHouse in this process, with two threads.

import chdb from "chdb";

export async function open(folder) {
  const session = new chdb.Session(folder, { connectionArgs: ["--max_threads=2", "--max_insert_threads=2", "--output_format_json_quote_64bit_integers=0"] });
  return {
    async rows(sql) {
      const text = (await session.queryAsync(sql, { format: "JSONCompactEachRow" })).text();
      return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    },
    async close() {
      session.close();
      await chdb.drainPending();
    },
  };
}
