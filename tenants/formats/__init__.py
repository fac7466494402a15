"""How Django itself writes days and times: as our own pages do (`tenants.admin.formatting`)."""
