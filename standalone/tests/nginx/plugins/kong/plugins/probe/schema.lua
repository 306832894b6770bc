local typedefs = require "kong.db.schema.typedefs"

return {
  name = "probe",
  fields = {
    { protocols = typedefs.protocols_http },
    { config = {
        type = "record",
        fields = {
          { text = { type = "string", default = "default text", referenceable = true } },
          { number = { type = "integer", between = { 1, 10 } } },
        },
    } },
  },
}
