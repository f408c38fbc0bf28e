"""What Offhook itself costs and adds, measured on this machine: `make bench`."""
