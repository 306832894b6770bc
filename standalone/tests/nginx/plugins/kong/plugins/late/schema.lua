local typedefs = require "kong.db.schema.typedefs"

return {
  name = "late",
  fields = {
    { protocols = typedefs.protocols_http },
    { config = {
        type = "record",
        fields = {
        },
    } },
  },
}
