// DuckDB in this process, with two threads.

import { DuckDBInstance } from "@duckdb/node-api";

export async function open(folder) {
  const instance = await DuckDBInstance.create(`${folder}/events.duckdb`, { threads: "2" });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    async rows(sql) {
      const rows = (await connection.runAndReadAll(sql)).getRowsJS();
      return rows.map((row) => row.map((cell) => (typeof cell === "bigint" ? Number(cell) : cell)));
    },
    async close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}
