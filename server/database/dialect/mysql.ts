import type { Knex } from 'knex'

/** MySQL 8 or MariaDB 10.11 and later, by mysql2. Times are integers, so the zone only matters to `now()`, which we do not use. */
export function mysqlConfig(url: URL): Knex.Config {
  return {
    client: 'mysql2',
    connection: {
      host: url.hostname,
      port: Number(url.port || 3306),
      user: decodeURIComponent(url.username),
      password: decodeURIComponent(url.password),
      database: url.pathname.slice(1),
      timezone: 'Z',
      connectTimeout: 5_000,
    },
    pool: {
      min: 0,
      max: 10,
      afterCreate(
        connection: { query(sql: string, done: (error: unknown) => void): void },
        done: (error: unknown, c: unknown) => void,
      ) {
        connection.query(
          "set session sql_mode = 'STRICT_TRANS_TABLES,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'",
          (error) => {
            if (error) return done(error, connection)
            connection.query('set session transaction isolation level read committed', (error) =>
              done(error, connection),
            )
          },
        )
      },
    },
    acquireConnectionTimeout: 8_000,
  }
}
