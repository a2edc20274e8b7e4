"""Where frames are computed: in this process, or on Spark. Nothing outside this folder knows which."""
